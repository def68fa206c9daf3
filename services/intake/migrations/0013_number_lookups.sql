-- Who asked by a reporter's number what its owner complained of before, and of which tickets they were told. Holds nothing
-- of the number.
CREATE TABLE number_lookups (
    lookup_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who, as their token says.
    subject text NOT NULL,
    roles text[] NOT NULL,
    department text,
    -- Empty where they were told of none.
    ticket_numbers text[] NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON number_lookups EXECUTE FUNCTION refuse_change();
