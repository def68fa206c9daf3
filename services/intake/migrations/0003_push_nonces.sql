-- What the 12345 platform has signed already, as long as its signature would be taken; a second one is a replay.
CREATE TABLE push_nonces (
    key_id text NOT NULL,
    nonce text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX push_nonces_expires_at ON push_nonces (expires_at);
