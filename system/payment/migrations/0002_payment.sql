-- The read model.
CREATE TABLE payment_view (
    order_id       uuid PRIMARY KEY,
    customer       text NOT NULL,
    status         text NOT NULL,
    amount_cents   bigint NOT NULL,
    captured_cents bigint NOT NULL,
    refunded_cents bigint NOT NULL,
    version        integer NOT NULL
);
