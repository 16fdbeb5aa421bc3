AUDIT (
  name allocation_adds_up
);

/* The shares of a claim add up to it, to the cent, in every encounter that has priced procedures. */
SELECT
  p.encounter_key,
  SUM(p.allocated_claim_cost) AS allocated,
  MAX(e.claim_amount) AS claim_amount
FROM @this_model AS p
INNER JOIN star.fact_encounter AS e
  ON e.encounter_key = p.encounter_key
GROUP BY
  1
HAVING
  SUM(p.base_cost) > 0
  AND SUM(p.allocated_claim_cost) IS DISTINCT FROM MAX(e.claim_amount)
