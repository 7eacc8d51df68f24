CREATE TABLE stock (
    sku      text PRIMARY KEY,
    on_hand  bigint NOT NULL CHECK (on_hand >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    CHECK (reserved <= on_hand)
);

-- The read model.
CREATE TABLE reservation_view (
    order_id uuid PRIMARY KEY,
    status   text NOT NULL,
    units    bigint NOT NULL,
    version  integer NOT NULL
);
