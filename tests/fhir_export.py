"""A small FHIR export, made by hand: what servers do differently, a case each, in NDJSON and in a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core"
SNOMED, ICD10, LOINC = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def concept(text: str, *codings: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings], "text": text} | more


def category(code: str, kind: str = "x") -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}]}


def ref(reference: str) -> dict[str, str]:
    return {"reference": reference}


def omb(which: str, *names: str) -> dict[str, Any]:
    inner = [{"url": "ombCategory", "valueCoding": {"code": name[:4], "display": name}} for name in names]
    return {"url": f"{US_CORE}-{which}", "extension": inner}


def stay(number: int, patient: str, start: str, end: str | None, **more: Any) -> dict[str, Any]:
    period = {"start": start} | ({"end": end} if end else {})
    told = {"resourceType": "Encounter", "id": f"e{number}", "status": "finished", "class": {"code": "IMP"}}
    return told | {"subject": ref(patient), "period": period} | more


def claim(number: int, patient: str, encounter: str, total: float, **more: Any) -> dict[str, Any]:
    told = {"resourceType": "Claim", "id": f"k{number}", "status": "active", "use": "claim", "patient": ref(patient)}
    item = {"sequence": 1, "encounter": [ref(encounter)]}
    kind = {"type": category("institutional"), "total": {"value": total, "currency": "USD"}, "item": [item]}
    return told | kind | more


MRN = "http://hospital.example/mrn"
BY_NUMBER = f"Patient?identifier={MRN}|002"
RESOURCES: list[dict[str, Any]] = [
    {
        "resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1948-11-08",
        "extension": [omb("race", "White", "Asian"), omb("ethnicity", "Not Hispanic or Latino")],
        "name": [{"use": "official", "family": "Pérez", "given": ["Ana", "María"]}],
        "address": [{"city": "Boston", "state": "MA", "postalCode": "02138-1234"}],
        "maritalStatus": {"coding": [{"code": "M"}]}, "deceasedBoolean": False,
    },
    {
        "resourceType": "Patient", "id": "p2", "gender": "male", "birthDate": "1950-01-02",
        "identifier": [{"system": MRN, "value": "002"}], "deceasedDateTime": "2020-06-10T23:30:00-05:00",
    },
    {"resourceType": "Patient", "id": "p3", "birthDate": "1990", "deceasedBoolean": True},
    {
        "resourceType": "Organization", "id": "hospital", "name": "General Hospital", "type": [category("prov")],
        "identifier": [{"system": "http://npi.example", "value": "1"}], "address": [{"city": "Boston", "state": "MA"}],
    },
    {
        "resourceType": "Organization", "id": "ward", "name": "Ward 3", "type": [category("dept")],
        "partOf": ref("Organization/hospital"),
    },
    {"resourceType": "Organization", "id": "humana", "name": "Humana", "type": [category("ins")]},
    {
        "resourceType": "Practitioner", "id": "d1", "identifier": [{"value": "999"}],
        "qualification": [{"code": {"text": "Cardiology"}}],
    },
    stay(
        1, "Patient/p1", "2020-03-01T23:30:00-05:00", "2020-03-04T10:00:00-05:00",
        serviceProvider=ref("Organization/ward"), reasonReference=[ref("Condition/c1")],
        participant=[
            {"individual": ref("RelatedPerson/x")},
            {"type": [category("ATND")], "individual": ref("Practitioner/d1")},
        ],
        type=[concept("Encounter Inpatient", ("http://www.ama-assn.org/go/cpt", "99221"), (SNOMED, "183452005"))],
        diagnosis=[{"condition": ref("Condition/c1"), "use": category("DD"), "rank": 1}],
        hospitalization={"dischargeDisposition": category("home"), "admitSource": category("emd")},
    ),
    stay(
        2, "Patient/p1", "2020-03-20T10:00:00-04:00", "2020-03-22T10:00:00-04:00",
        serviceProvider=ref("Organization?identifier=http://npi.example|1"),
        reasonCode=[concept("Heart failure", (SNOMED, "84114007"), (ICD10, "I50.9"))],
    ),
    stay(3, BY_NUMBER, "2020-06-08T10:00:00Z", "2020-06-11T04:30:00Z", serviceProvider=ref("Organization/hospital")),
    stay(4, BY_NUMBER, "2020-02-01", "2020-02-03", serviceProvider=ref("Organization/hospital")),
    stay(5, "Patient/p1", "2020-05-01T10:00:00Z", None, status="planned"),
    stay(6, "Patient/p3", "2020-05-01T10:00:00.123456Z", "2020-05-01T11:00:00Z") | {"class": {"code": "OBSENC"}},
    {
        "resourceType": "Condition", "id": "c1", "subject": ref("Patient/p1"), "encounter": ref("Encounter/e1"),
        "code": concept("Heart failure", (SNOMED, "84114007"), (ICD10, "I50.9")), "onsetDateTime": "2020-03-01",
        "abatementDateTime": "2020-04-01T10:00:00-04:00",
    },
    {
        "resourceType": "Condition", "id": "c2", "subject": ref(BY_NUMBER), "category": [category("problem-list-item")],
        "code": concept("Diabetes", (SNOMED, "44054006")), "onsetDateTime": "2009", "recordedDate": "2015-02-03",
    },
    {
        "resourceType": "Procedure", "id": "x1", "status": "completed", "subject": ref("Patient/p1"),
        "encounter": ref("Encounter/e1"), "code": concept("Hemodialysis", (SNOMED, "302497006")),
        "performedPeriod": {"start": "2020-03-02T10:00:00-05:00", "end": "2020-03-02T12:00:00-05:00"},
        "reasonReference": [ref("Condition/c1")],
    },
    {
        "resourceType": "Procedure", "id": "x2", "status": "not-done", "subject": ref("Patient/p1"),
        "encounter": ref("Encounter/e1"), "code": concept("Hemodialysis", (SNOMED, "302497006")),
        "performedDateTime": "2020-03-03",
    },
    {
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": ref("Patient/p1"),
        "encounter": ref("Encounter/e1"), "effectiveDateTime": "2020-03-02T08:00:00-05:00",
        "category": [category("survey"), category("laboratory")],
        "code": concept("Hemoglobin A1c", ("http://local.example", "A1C"), (LOINC, "4548-4")),
        "valueQuantity": {"value": 6.1, "unit": "%"}, "interpretation": [category("H")],
        "referenceRange": [
            {"low": {"value": 3}, "high": {"value": 9}, "type": category("treatment"), "text": "Critical range"},
            {"low": {"value": 4}, "high": {"value": 5.6}, "type": category("normal")},
        ],
    },
    {
        "resourceType": "Observation", "id": "o2", "status": "final", "subject": ref(BY_NUMBER),
        "effectivePeriod": {"start": "2020-06-09T08:00:00Z"}, "category": [category("laboratory")],
        "code": concept("Lipids", (LOINC, "24331-1")),
        "component": [
            {"code": concept("Cholesterol", (LOINC, "2093-3")), "valueQuantity": {"value": 190, "unit": "mg/dL"}},
            {"code": concept("Appearance", (LOINC, "9335-1")), "valueCodeableConcept": {"text": "Clear"}},
        ],
    },
    {
        "resourceType": "Observation", "id": "o3", "status": "final", "subject": ref("Patient/p1"),
        "issued": "2020-03-02T08:00:00Z", "category": [category("laboratory")],
        "code": concept("Troponin", (LOINC, "6598-7")),
        "valueQuantity": {"value": 5, "comparator": "<", "unit": "ng/L"},
    },
    {
        "resourceType": "Medication", "id": "m1",
        "code": concept("Acetaminophen 325 MG", ("http://hl7.org/fhir/sid/ndc", "0045-0496-60"), (RXNORM, "313782")),
    },
    {
        "resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
        "subject": ref("Patient/p1"), "encounter": ref("Encounter/e1"), "authoredOn": "2020-03-02T08:00:00-05:00",
        "medicationReference": ref("Medication/m1"), "reasonReference": [ref("Condition/c1")],
        "dosageInstruction": [{"text": "twice", "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet"}}]}],
    },
    {
        "resourceType": "MedicationRequest", "id": "r2", "status": "active", "intent": "plan",
        "subject": ref("Patient/p1"), "medicationCodeableConcept": concept("Tea", (RXNORM, "1")),
    },
    claim(
        1, "Patient/p1", "Encounter/e1", 1000.5, insurance=[{"focal": True, "coverage": ref("Coverage/v1")}],
        procedure=[{"sequence": 1, "procedureReference": ref("Procedure/x1")}],
        item=[
            {"sequence": 1, "encounter": [ref("Encounter/e1")]},
            {"sequence": 2, "procedureSequence": [1], "net": {"value": 757.59}},
        ],
    ),
    claim(2, "Patient/p1", "Encounter/e2", 75, insurance=[{"coverage": {"display": "NO_INSURANCE"}}]),
    claim(
        3, "Patient/p1", "Encounter/e1", 255, type=category("pharmacy"), prescription=ref("MedicationRequest/r1")
    ),
    {
        "resourceType": "ExplanationOfBenefit", "id": "b1", "status": "active", "use": "claim",
        "patient": ref("Patient/p1"), "claim": ref("Claim/k1"), "insurer": {"display": "Humana"},
        "total": [{"category": category("submitted"), "amount": {"value": 1000.5}}],
        "payment": {"amount": {"value": 800.4000000000001}},
        "item": [{"encounter": [ref("Encounter/e1")], "servicedPeriod": {"start": "2018-04-30"}}],
    },
    {
        "resourceType": "ExplanationOfBenefit", "id": "b2", "status": "active", "use": "claim",
        "patient": ref(BY_NUMBER), "insurer": {"display": "Medicare"},
        "total": [
            {"category": category("submitted"), "amount": {"value": 500}},
            {"category": category("paidtoprovider"), "amount": {"value": 400}},
        ],
        "item": [{"encounter": [ref("Encounter/e3")]}],
    },
    {
        "resourceType": "Coverage", "id": "v1", "status": "active", "beneficiary": ref("Patient/p1"),
        "payor": [ref("Organization/humana")], "period": {"start": "2020-01-01", "end": "2020-12-31"},
    },
]  # fmt: skip


def write(folder: Path) -> Path:
    """Write the export as one file a type, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in {resource["resourceType"] for resource in RESOURCES}:
        lines = [json.dumps(resource) for resource in RESOURCES if resource["resourceType"] == kind]
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
