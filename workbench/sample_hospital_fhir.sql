/* The hospital in the shape of a bulk export of FHIR R4: the rows of sample_hospital_synthea.sql as resources.

   In:  schema files, left_for, and the macros made_id and wall_clock.
   Out: schema fhir, a table a file of NDJSON, of one column: the resource of a line. Ids and the way that claims and
        payments are told are those of Synthea's exporter, its traps included: an explanation of benefit is billed for a
        year. Times are those of the wall clock, with its offset. A class is HL7's, of which there are fewer than Synthea has:
        AMB is the ambulatory, wellness, outpatient and urgent care. The price of an encounter by itself has no place. */

CREATE SCHEMA fhir;

CREATE MACRO moment(instant) AS strftime(wall_clock(instant), '%Y-%m-%dT%H:%M:%S-05:00');
/* A resource without its empty fields: FHIR has no null. In an array there must be none to begin with. */
CREATE MACRO resource_text(fields) AS json_merge_patch('{}', to_json(fields))::VARCHAR;
CREATE MACRO reference(kind, id) AS {'reference': kind || '/' || id};
CREATE MACRO coded(system, code, display) AS
  {'coding': [{'system': system, 'code': code, 'display': display}], 'text': display};
CREATE MACRO snomed(code, display) AS coded('http://snomed.info/sct', code, display);
CREATE MACRO code_of(system, code) AS
  {'coding': [{'system': 'http://terminology.hl7.org/CodeSystem/' || system, 'code': code}]};
CREATE MACRO dollars(amount) AS {'value': amount::DECIMAL(14, 2), 'currency': 'USD'};
CREATE MACRO core_extension(name, code, display) AS {
  'url': 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-' || name,
  'extension': [
    json_object('url', 'ombCategory', 'valueCoding',
      {'system': 'urn:oid:2.16.840.1.113883.6.238', 'code': code, 'display': display}),
    json_object('url', 'text', 'valueString', display)
  ]
};

CREATE TABLE fhir."Patient" AS
WITH named AS (
  SELECT
    *,
    rowid AS place,
    CASE "RACE"
      WHEN 'white' THEN ['2106-3', 'White']
      WHEN 'black' THEN ['2054-5', 'Black or African American']
      WHEN 'asian' THEN ['2028-9', 'Asian']
      WHEN 'hawaiian' THEN ['2076-8', 'Native Hawaiian or Other Pacific Islander']
      WHEN 'native' THEN ['1002-5', 'American Indian or Alaska Native']
      ELSE ['2131-1', 'Other Race']
    END AS race_coding,
    CASE "ETHNICITY"
      WHEN 'hispanic' THEN ['2135-2', 'Hispanic or Latino'] ELSE ['2186-5', 'Not Hispanic or Latino']
    END AS ethnicity_coding
  FROM files.patients
)
SELECT
  resource_text({
    'resourceType': 'Patient',
    'id': "Id",
    'extension': [
      core_extension('race', race_coding[1], race_coding[2]),
      core_extension('ethnicity', ethnicity_coding[1], ethnicity_coding[2])
    ],
    'identifier': [{'system': 'https://github.com/synthetichealth/synthea', 'value': "Id"}],
    'name': [json_merge_patch('{}', to_json({
      'use': 'official', 'family': "LAST", 'given': ["FIRST"], 'prefix': ["PREFIX"],
      'suffix': CASE WHEN "SUFFIX" IS NOT NULL THEN ["SUFFIX"] END
    }))],
    'gender': CASE "GENDER" WHEN 'F' THEN 'female' ELSE 'male' END,
    'birthDate': "BIRTHDATE",
    'deceasedDateTime': "DEATHDATE",
    'address': [json_merge_patch('{}', to_json({
      'extension': [{
        'url': 'http://hl7.org/fhir/StructureDefinition/geolocation',
        'extension': [
          {'url': 'latitude', 'valueDecimal': "LAT"::DECIMAL(9, 6)},
          {'url': 'longitude', 'valueDecimal': "LON"::DECIMAL(9, 6)}
        ]
      }],
      'line': ["ADDRESS"], 'city': "CITY", 'district': "COUNTY", 'state': "STATE", 'postalCode': "ZIP", 'country': 'US'
    }))],
    'maritalStatus': CASE WHEN "MARITAL" IS NOT NULL THEN code_of('v3-MaritalStatus', "MARITAL") END
  }) AS resource
FROM named
ORDER BY place;

/* The houses, and the payers. */
CREATE TABLE fhir."Organization" AS
WITH known AS (
  SELECT 1 AS kind, rowid AS place, 'prov' AS code, "Id", "NAME", "ADDRESS", "CITY", "STATE", "ZIP" FROM files.organizations
  UNION ALL
  SELECT 2, rowid, 'pay', "Id", "NAME", "ADDRESS", "CITY", "STATE_HEADQUARTERED", "ZIP" FROM files.payers
)
SELECT
  resource_text({
    'resourceType': 'Organization',
    'id': "Id",
    'identifier': [{'system': 'https://github.com/synthetichealth/synthea', 'value': "Id"}],
    'active': true,
    'type': [code_of('organization-type', code)],
    'name': "NAME",
    'address': CASE WHEN "ADDRESS" IS NOT NULL THEN [
      {'line': ["ADDRESS"], 'city': "CITY", 'state': "STATE", 'postalCode': "ZIP", 'country': 'US'}
    ] END
  }) AS resource
FROM known
ORDER BY kind, place;

CREATE TABLE fhir."Encounter" AS
SELECT
  resource_text({
    'resourceType': 'Encounter',
    'id': encounters."Id",
    'status': CASE WHEN encounters."STOP" IS NULL THEN 'in-progress' ELSE 'finished' END,
    'class': {
      'system': 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
      'code': CASE "ENCOUNTERCLASS" WHEN 'inpatient' THEN 'IMP' WHEN 'emergency' THEN 'EMER' ELSE 'AMB' END
    },
    'type': [snomed("CODE", "DESCRIPTION")],
    'subject': reference('Patient', "PATIENT"),
    'period': {'start': moment("START"), 'end': moment(encounters."STOP")},
    'reasonCode': CASE WHEN "REASONCODE" IS NOT NULL THEN [snomed("REASONCODE", "REASONDESCRIPTION")] END,
    'hospitalization': CASE WHEN disposition IS NOT NULL THEN {
      'dischargeDisposition': {'coding': [{'system': 'http://www.nubc.org/patient-discharge', 'code': disposition}]}
    } END,
    'serviceProvider': {
      'reference': 'Organization/' || "ORGANIZATION", 'display': organizations."NAME"
    }
  }) AS resource
FROM files.encounters
JOIN files.organizations ON organizations."Id" = "ORGANIZATION"
LEFT JOIN left_for ON left_for."Id" = encounters."Id"
ORDER BY "START", encounters."Id";

CREATE TABLE fhir."Condition" AS
SELECT
  resource_text({
    'resourceType': 'Condition',
    'id': made_id('condition', "ENCOUNTER", "CODE"),
    'clinicalStatus': code_of('condition-clinical', CASE WHEN "STOP" IS NULL THEN 'active' ELSE 'resolved' END),
    'verificationStatus': code_of('condition-ver-status', 'confirmed'),
    'category': [code_of('condition-category', 'encounter-diagnosis')],
    'code': snomed("CODE", "DESCRIPTION"),
    'subject': reference('Patient', "PATIENT"),
    'encounter': reference('Encounter', "ENCOUNTER"),
    'onsetDateTime': "START",
    'abatementDateTime': "STOP",
    'recordedDate': "START"
  }) AS resource
FROM files.conditions
ORDER BY "START", "ENCOUNTER", "CODE";

CREATE TEMP TABLE numbered_procedure AS
SELECT
  *,
  row_number() OVER (PARTITION BY "ENCOUNTER" ORDER BY "START", "CODE", "STOP") AS sequence,
  made_id('procedure', "ENCOUNTER", sequence) AS procedure_id
FROM files.procedures;

CREATE TABLE fhir."Procedure" AS
SELECT
  resource_text({
    'resourceType': 'Procedure',
    'id': procedure_id,
    'status': 'completed',
    'code': snomed("CODE", "DESCRIPTION"),
    'subject': reference('Patient', "PATIENT"),
    'encounter': reference('Encounter', "ENCOUNTER"),
    'performedPeriod': {'start': moment("START"), 'end': moment("STOP")},
    'reasonReference': CASE WHEN "REASONCODE" IS NOT NULL THEN [
      {'reference': 'Condition/' || made_id('condition', "ENCOUNTER", "REASONCODE"), 'display': "REASONDESCRIPTION"}
    ] END
  }) AS resource
FROM numbered_procedure
ORDER BY "START", "ENCOUNTER", sequence;

/* One row per patient and spell of cover. */
CREATE TABLE fhir."Coverage" AS
SELECT
  resource_text({
    'resourceType': 'Coverage',
    'id': made_id('coverage', "PATIENT", "START_DATE"),
    'status': 'active',
    'beneficiary': reference('Patient', "PATIENT"),
    'period': {'start': "START_DATE", 'end': "END_DATE"},
    'payor': [{'reference': 'Organization/' || "PAYER", 'display': "NAME"}]
  }) AS resource
FROM files.payer_transitions
JOIN files.payers ON payers."Id" = "PAYER"
ORDER BY "PATIENT", "START_DATE";

/* One row per encounter, with its cover, and what claim and payment say of its procedures: a line each. */
CREATE TEMP TABLE billed_encounter AS
WITH lines AS (
  SELECT
    "ENCOUNTER",
    list({'sequence': sequence, 'procedureReference': reference('Procedure', procedure_id)} ORDER BY sequence)
      AS procedures,
    list(
      to_json({
        'sequence': sequence + 1, 'procedureSequence': [sequence], 'productOrService': snomed("CODE", "DESCRIPTION"),
        'net': dollars("BASE_COST")
      }) ORDER BY sequence
    ) AS items
  FROM numbered_procedure
  GROUP BY ALL
)
SELECT
  encounters.*,
  payers."NAME" AS payer_name,
  {
    'reference': 'Coverage/' || made_id('coverage', encounters."PATIENT", "START_DATE"), 'display': payers."NAME"
  } AS coverage,
  {'start': moment("START"), 'end': moment("STOP")} AS period,
  to_json({
    'sequence': 1, 'productOrService': snomed("CODE", "DESCRIPTION"), 'encounter': [reference('Encounter', encounters."Id")]
  }) AS first_item,
  procedures,
  coalesce(items, []) AS items
FROM files.encounters
JOIN files.payers ON payers."Id" = encounters."PAYER"
JOIN files.payer_transitions AS spell
  ON spell."PATIENT" = encounters."PATIENT" AND left("START", 10) BETWEEN "START_DATE" AND "END_DATE"
LEFT JOIN lines ON "ENCOUNTER" = encounters."Id";

CREATE TABLE fhir."Claim" AS
SELECT
  resource_text({
    'resourceType': 'Claim',
    'id': made_id('claim', "Id", 1),
    'status': 'active',
    'type': code_of('claim-type', 'institutional'),
    'use': 'claim',
    'patient': reference('Patient', "PATIENT"),
    'billablePeriod': period,
    'created': coalesce(moment("STOP"), moment("START")),
    'provider': reference('Organization', "ORGANIZATION"),
    'priority': code_of('processpriority', 'normal'),
    'procedure': procedures,
    'insurance': [{'sequence': 1, 'focal': true, 'coverage': coverage}],
    'item': list_prepend(first_item, items),
    'total': dollars("TOTAL_CLAIM_COST")
  }) AS resource
FROM billed_encounter
ORDER BY "START", "Id";

CREATE TABLE fhir."ExplanationOfBenefit" AS
SELECT
  resource_text({
    'resourceType': 'ExplanationOfBenefit',
    'id': made_id('benefit', "Id", 1),
    'status': 'active',
    'type': code_of('claim-type', 'institutional'),
    'use': 'claim',
    'patient': reference('Patient', "PATIENT"),
    'billablePeriod': {
      'start': moment("START"),
      'end': moment(strftime(rtrim("START", 'Z')::TIMESTAMP + INTERVAL 1 YEAR, '%Y-%m-%dT%H:%M:%SZ'))
    },
    'created': coalesce(moment("STOP"), moment("START")),
    'insurer': {'display': payer_name},
    'provider': reference('Organization', "ORGANIZATION"),
    'claim': reference('Claim', made_id('claim', "Id", 1)),
    'outcome': 'complete',
    'insurance': [{'focal': true, 'coverage': coverage}],
    'item': [first_item],
    'total': [{'category': code_of('adjudication', 'submitted'), 'amount': dollars("TOTAL_CLAIM_COST")}],
    'payment': {'amount': dollars("PAYER_COVERAGE")}
  }) AS resource
FROM billed_encounter
ORDER BY "START", "Id";
