-- What was missed is counted at every scrape of the metrics: by those that were missed, not by all there ever were.
CREATE INDEX outcomes_missed ON outcomes (deadline_id) WHERE outcome = 'missed';
