-- The read model: what a customer was told about an order.
CREATE TABLE notice_view (
    order_id uuid PRIMARY KEY,
    notice   text NOT NULL,
    version  integer NOT NULL
);
