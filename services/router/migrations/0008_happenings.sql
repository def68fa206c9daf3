-- What a complaint tells of happening (services/router/happenings.txt); of those kept before nothing is known, and they
-- are compared by their words, place and matter.
ALTER TABLE fingerprints ADD COLUMN happenings text NOT NULL DEFAULT '';
