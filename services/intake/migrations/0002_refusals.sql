-- Mails that became no ticket, and why, for a person to see; neither their sender nor their words stand here.
CREATE TABLE refusals (
    -- The mailbox's name in the list of mailboxes, or "spool".
    mailbox text NOT NULL,
    -- SHA-256 of the mail's external id: a Message-ID may hold the sender's address.
    mail_hash bytea NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    refused_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox, mail_hash)
);
CREATE INDEX refusals_refused_at ON refusals (refused_at);
