-- A person asked for one run with a detailed log; whoever goes on with the run has to know it.
ALTER TABLE runs ADD COLUMN debug boolean NOT NULL DEFAULT false;
