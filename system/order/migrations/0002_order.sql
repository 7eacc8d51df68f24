-- What was answered to a customer's request, so that the same key gets the same answer.
CREATE TABLE requests (
    customer        text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint     text NOT NULL,
    order_id        uuid NOT NULL,
    total_cents     bigint NOT NULL,
    PRIMARY KEY (customer, idempotency_key)
);

CREATE TABLE prices (
    sku         text PRIMARY KEY,
    price_cents bigint NOT NULL CHECK (price_cents > 0)
);

-- The checkout sagas.
CREATE TABLE checkouts (
    order_id     uuid PRIMARY KEY,
    customer     text NOT NULL,
    email        text NOT NULL,
    lines        jsonb NOT NULL,
    total_cents  bigint NOT NULL,
    step         text NOT NULL,
    reason       text NOT NULL DEFAULT '',
    stock_open   boolean NOT NULL DEFAULT false,
    payment_open boolean NOT NULL DEFAULT false,
    started_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The read model.
CREATE TABLE order_view (
    order_id    uuid PRIMARY KEY,
    customer    text NOT NULL,
    idempotency_key text NOT NULL,
    status      text NOT NULL,
    reason      text NOT NULL,
    total_cents bigint NOT NULL,
    version     integer NOT NULL
);
