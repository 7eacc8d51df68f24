-- The facts of the service, append only. (stream, version) is the optimistic lock.
CREATE TABLE events (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream         text NOT NULL,
    version        integer NOT NULL CHECK (version > 0),
    type           text NOT NULL,
    schema_version integer NOT NULL,
    subject        text NOT NULL,
    correlation    text NOT NULL,
    causation      text NOT NULL,
    data           jsonb NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_stream_version UNIQUE (stream, version)
);

-- What others must be told. A row is sent when the broker has confirmed it.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id  text NOT NULL,
    type        text NOT NULL,
    correlation text NOT NULL,
    exchange    text NOT NULL,
    routing_key text NOT NULL,
    mandatory   boolean NOT NULL,
    body        bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    CONSTRAINT outbox_message UNIQUE (message_id)
);

CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

-- The messages that this service has handled.
CREATE TABLE inbox (
    message_id text PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);

-- Messages of the service to itself, for later.
CREATE TABLE timers (
    message_id text PRIMARY KEY,
    due_at     timestamptz NOT NULL,
    body       bytea NOT NULL
);

CREATE INDEX timers_due ON timers (due_at);
