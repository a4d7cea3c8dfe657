-- Of a connector that an operator added as a low-code manifest: what of it is written in Python.
ALTER TABLE offered_sources ADD COLUMN components text[] NOT NULL DEFAULT '{}';
