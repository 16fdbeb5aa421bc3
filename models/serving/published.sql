/* What MySQL holds: one row per row of the star or mart table it copies. This list is all that is published. */
MODEL (
  name serving.@table_name,
  gateway serving,
  kind CUSTOM (
    materialization publish,
    materialization_properties (primary_key = @primary_key, indexes = @indexes)
  ),
  grain @primary_key,
  blueprints (
    (
      table_name := dim_date,
      primary_key := (
        date_key
      ),
      indexes := ((
          full_date
        ), (
          year_month
      ))
    ),
    (
      table_name := dim_patient,
      primary_key := (
        patient_key
      ),
      indexes := (
        patient_durable_key
      )
    ),
    (
      table_name := dim_payer,
      primary_key := (
        payer_key
      ),
      indexes := (
        payer_category
      )
    ),
    (
      table_name := dim_source_system,
      primary_key := (
        source_system
      ),
      indexes := (
        source_label
      )
    ),
    (
      table_name := dim_organization,
      primary_key := (
        organization_key
      ),
      indexes := (
        organization_name
      )
    ),
    (
      table_name := dim_encounter_class,
      primary_key := (
        class_key
      ),
      indexes := (
        class_code
      )
    ),
    (
      table_name := dim_encounter_type,
      primary_key := (
        type_key
      ),
      indexes := (
        type_code
      )
    ),
    (
      table_name := dim_procedure,
      primary_key := (
        procedure_key
      ),
      indexes := (
        procedure_code
      )
    ),
    (
      table_name := dim_diagnosis,
      primary_key := (
        diagnosis_key
      ),
      indexes := (
        code
      )
    ),
    (
      table_name := dim_age_band,
      primary_key := (
        age_band_key
      ),
      indexes := (
        scheme
      )
    ),
    (
      table_name := dim_stay_type,
      primary_key := (
        stay_type_key
      ),
      indexes := (
        stay_type
      )
    ),
    (
      table_name := dim_charlson_band,
      primary_key := (
        charlson_band_key
      ),
      indexes := (
        cci_band
      )
    ),
    (
      table_name := dim_readmission_definition,
      primary_key := (
        definition_code
      ),
      indexes := (
        counted_as
      )
    ),
    (
      table_name := fact_encounter,
      primary_key := (
        encounter_key
      ),
      indexes := ((
          patient_key
        ), (
          payer_key
        ), (
          class_key
        ), (
          start_date_key
      ))
    ),
    (
      table_name := fact_procedure,
      primary_key := (
        procedure_event_key
      ),
      indexes := ((
          encounter_key
        ), (
          procedure_key
        ), (
          start_date_key
      ))
    ),
    (
      table_name := fact_inpatient_stay,
      primary_key := (
        stay_key
      ),
      indexes := ((
          patient_key
        ), (
          admit_date_key
        ), (
          next_stay_key
      ))
    ),
    (
      table_name := dim_drg,
      primary_key := (
        drg_key
      ),
      indexes := (
        (
          drg_code
        )
      )
    ),
    (
      table_name := dim_discharge_disposition,
      primary_key := (
        disposition_key
      ),
      indexes := (
        (
          disposition_group
        )
      )
    ),
    (
      table_name := dim_lab_test,
      primary_key := (
        lab_key
      ),
      indexes := (
        (
          test_code
        )
      )
    ),
    (
      table_name := dim_medication,
      primary_key := (
        medication_key
      ),
      indexes := (
        (
          medication_code
        )
      )
    ),
    (
      table_name := dim_condition_category,
      primary_key := (
        category_key
      ),
      indexes := (
        (
          category_code
        )
      )
    ),
    (
      table_name := bridge_patient_diagnosis,
      primary_key := (patient_key, diagnosis_key, onset_date_key),
      indexes := ((
          diagnosis_key
        ), (
          encounter_key
      ))
    ),
    (
      table_name := bridge_stay_diagnosis,
      primary_key := (stay_key, diagnosis_key),
      indexes := (
        (
          diagnosis_key
        )
      )
    ),
    (
      table_name := bridge_stay_condition_category,
      primary_key := (stay_key, category_key),
      indexes := (
        (
          category_key
        )
      )
    ),
    (
      table_name := agg_charlson_by_patient,
      primary_key := (
        patient_key
      ),
      indexes := ((
          cci_band
      ), (source_system, source_charlson_index))
    ),
    (
      table_name := agg_lab_by_stay,
      primary_key := (
        stay_key
      ),
      indexes := (
        (
          n_abnormal
        )
      )
    ),
    (
      table_name := agg_lab_by_patient,
      primary_key := (
        patient_key
      ),
      indexes := (
        (
          n_abnormal
        )
      )
    ),
    (
      table_name := fact_medication,
      primary_key := (
        medication_event_key
      ),
      indexes := ((
          patient_key
        ), (
          medication_key
        ), (
          start_date_key
      ))
    ),
    (
      table_name := fact_lab_result,
      primary_key := (source_system, result_id),
      indexes := ((
          patient_key
        ), (
          stay_key
        ), (
          lab_key
        ), (
          result_date_key
      ))
    ),
    (
      table_name := mart_readmission_risk,
      primary_key := (
        stay_key
      ),
      indexes := (
        (source_system, is_index)
      )
    ),
    (
      table_name := dim_metric,
      primary_key := (metric_code, definition_version),
      indexes := (
        module
      )
    ),
    (
      table_name := dim_benchmark,
      primary_key := (metric_code, definition_version),
      indexes := (
        benchmark_code
      )
    ),
    (
      table_name := mart_kpi,
      primary_key := (
        metric_code,
        definition_version,
        source_system,
        period,
        organization_key,
        slice,
        slice_value
      ),
      indexes := (slice, period_start)
    ),
    (
      table_name := mart_kpi_additive,
      primary_key := (
        metric_code,
        definition_version,
        source_system,
        organization_key,
        payer_key,
        class_key,
        year_label
      ),
      indexes := (
        organization_key
      )
    ),
    (
      table_name := mart_capability,
      primary_key := (source_system, capability),
      indexes := (
        capability
      )
    ),
    (
      table_name := mart_data_quality,
      primary_key := (source_system, source_table, check_name),
      indexes := (
        kind_of_check
      )
    ),
    (
      table_name := dim_readmission_exclusion,
      primary_key := (definition_code, exclusion_reason),
      indexes := (
        exclusion_reason
      )
    ),
    (
      table_name := fact_episode,
      primary_key := (
        episode_key
      ),
      indexes := ((
          patient_key
        ), (
          payer_key
        ), (
          admit_date_key
      ))
    ),
    (
      table_name := mart_patient_measure,
      primary_key := (measure, organization_key, patient_key),
      indexes := (measure, organization_key, patient_rank)
    ),
    (
      table_name := fact_readmission,
      primary_key := (definition_code, admission_key),
      indexes := ((
          stay_key
      ), (definition_code, is_index))
    )
  )
);

SELECT
  *
FROM @published_source(@table_name)
