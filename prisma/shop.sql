-- The demo shop: orders that the refund desk looks up. Applied as often as one likes.
CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE IF NOT EXISTS shop.orders (
  order_id text PRIMARY KEY,
  status text NOT NULL CHECK (
    status IN ('processing', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled')
  ),
  total_cents integer NOT NULL CHECK (total_cents >= 0),
  currency text NOT NULL,
  charge_id text NOT NULL,
  customer_email text NOT NULL,
  refunded_cents integer NOT NULL DEFAULT 0,
  items text[] NOT NULL,
  note text NOT NULL DEFAULT '',
  refunded_on date
);
-- A shop that was there before has it from here on.
ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS refunded_on date;

INSERT INTO shop.orders VALUES
  ('42', 'delivered', 18000, 'EUR', 'ch_42', 'maria@example.com', 0,
   '{"Climbing harness","Rope, 60 m"}', 'delivered broken'),
  ('43', 'delivered', 2490, 'EUR', 'ch_43', 'jonas@example.com', 0, '{"Chalk bag"}', ''),
  ('44', 'delivered', 125000, 'EUR', 'ch_44', 'li@example.com', 0, '{"Portaledge"}', ''),
  ('45', 'refunded', 5000, 'EUR', 'ch_45', 'sam@example.com', 5000, '{"Carabiner set"}', 'refunded in full last week')
ON CONFLICT DO NOTHING;
UPDATE shop.orders SET refunded_on = current_date - 5 WHERE order_id = '45' AND refunded_on IS NULL;

-- The shop notes by itself since when an order is refunded.
CREATE OR REPLACE FUNCTION shop.note_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.refunded_on := CASE WHEN NEW.status = 'refunded' THEN current_date END;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER note_refund BEFORE UPDATE OF status ON shop.orders
FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION shop.note_refund();

-- Every number from 1000 to 9999 exists too, with a total of as many cents: for load, benches and tests.
INSERT INTO shop.orders
SELECT n::text, 'delivered', n, 'EUR', 'ch_' || n, 'customer' || n || '@example.com', 0,
  '{"Sling"}', ''
FROM generate_series(1000, 9999) AS n
ON CONFLICT DO NOTHING;

GRANT USAGE ON SCHEMA shop TO belay_runtime;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO belay_runtime;
-- What `set_order_status` writes, and nothing else.
GRANT UPDATE (status) ON shop.orders TO belay_runtime;
