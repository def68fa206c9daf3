-- Reports ask for a month of what happened. Rows come in about the order of these instants, so a summary of each range
-- of pages finds a month at almost no cost to whoever writes.
CREATE INDEX cases_opened ON cases USING brin (opened_at);
CREATE INDEX deadlines_due ON deadlines USING brin (due_at);
CREATE INDEX entries_at ON entries USING brin (at);
