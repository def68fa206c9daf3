-- Why a model was switched on, and after which dry run; the command says neither.
ALTER TABLE switches ADD COLUMN reason text, ADD COLUMN dry_run_id uuid REFERENCES dry_runs;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON switches EXECUTE FUNCTION refuse_change();

CREATE INDEX dry_runs_by_model ON dry_runs (model_hash, finished_at) WHERE result IS NOT NULL;
