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
      table_name := dim_published_claim,
      primary_key := (
        claim_code
      ),
      indexes := (
        claim_order
      )
    ),
    (
      table_name := mart_kpi,
      primary_key := (metric_code, definition_version, source_system, slice, slice_value),
      indexes := (slice, period_start)
    ),
    (
      table_name := mart_data_quality,
      primary_key := (source_table, check_name),
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
      primary_key := (measure, patient_key),
      indexes := (measure, patient_rank)
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
