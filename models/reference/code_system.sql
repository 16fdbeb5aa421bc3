/* One row per code system, with the form of its codes. */
MODEL (
  name reference.code_system,
  kind SEED (
    path '$root/seeds/code_system.csv'
  ),
  columns (
    code_system TEXT,
    code_pattern TEXT,
    dot_pattern TEXT,
    delivered_names TEXT,
    basis TEXT
  ),
  grain code_system,
  audits (
    unique_grain(columns := (
      code_system
    )),
    not_null(columns := (code_system, code_pattern))
  ),
  description 'Code systems whose codes can be recognised by their form: a code that a spreadsheet has turned into a number does not have it.',
  column_descriptions (
    code_system = 'Name of the code system, as input tables carry it.',
    code_pattern = 'Regular expression that every code of it matches, in the form that the input tables have.',
    dot_pattern = 'Regular expression of a code with or without its dot, in the two parts that the dot stands between: the input tables have it with the dot. NULL where codes have none.',
    delivered_names = 'Other names under which sources deliver it, with blanks between; NULL where there are none.',
    basis = 'What the pattern says.'
  )
)
