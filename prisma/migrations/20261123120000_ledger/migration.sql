-- AlterTable
ALTER TABLE "run" ADD COLUMN "unwinds" TEXT;

-- AlterTable
ALTER TABLE "call" ADD COLUMN "business_key" TEXT, ADD COLUMN "business_scope" TEXT, ADD COLUMN "undoes" TEXT;

-- AlterTable
ALTER TABLE "effect" ADD COLUMN "settled_by" TIMESTAMPTZ(3), ADD COLUMN "parked_code" TEXT, ADD COLUMN "reminded_at" TIMESTAMPTZ(3), ADD COLUMN "dispatches_in_doubt" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "absences" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "idempotency" ALTER COLUMN "run_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "business_claim" (
    "tenant_id" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "effect_key" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "business_claim_pkey" PRIMARY KEY ("tenant_id","tool","scope","key")
);

-- CreateTable
CREATE TABLE "kill_switch" (
    "tenant_id" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "scope" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "reason" TEXT NOT NULL,
    "set_by" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "lifted_by" TEXT,
    "lift_reason" TEXT,
    "lifted_at" TIMESTAMPTZ(3),

    CONSTRAINT "kill_switch_pkey" PRIMARY KEY ("tenant_id","id")
);

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_tenant_id_unwinds_fkey" FOREIGN KEY ("tenant_id", "unwinds") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "business_claim" ADD CONSTRAINT "business_claim_tenant_id_effect_key_fkey" FOREIGN KEY ("tenant_id", "effect_key") REFERENCES "effect"("tenant_id", "key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call" ADD CONSTRAINT "call_tenant_id_undoes_fkey" FOREIGN KEY ("tenant_id", "undoes") REFERENCES "effect"("tenant_id", "key") ON DELETE CASCADE ON UPDATE CASCADE;
-- An effect that is under way keeps its doubts.
UPDATE "effect" SET "dispatches_in_doubt" = "dispatches";

-- What the schema language cannot say: closed sets, one switch of a name at a time, and indexes of hot paths.
ALTER TABLE "kill_switch"
  ADD CONSTRAINT "kill_switch_scope_closed" CHECK ("scope" IN ('all', 'agent', 'tool')),
  ADD CONSTRAINT "kill_switch_all_has_no_name" CHECK (("scope" = 'all') = ("name" = '')),
  ADD CONSTRAINT "kill_switch_lifted_by_someone" CHECK (("lifted_at" IS NULL) = ("lifted_by" IS NULL));
CREATE UNIQUE INDEX "kill_switch_one_on" ON "kill_switch" ("tenant_id", "scope", "name") WHERE "lifted_at" IS NULL;
CREATE INDEX "effect_parked_since" ON "effect" ("tenant_id", "parked_at", "key") WHERE "state" = 'parked';
CREATE UNIQUE INDEX "run_one_unwind" ON "run" ("tenant_id", "unwinds") WHERE "unwinds" IS NOT NULL;
CREATE UNIQUE INDEX "call_one_undo" ON "call" ("tenant_id", "undoes") WHERE "undoes" IS NOT NULL;
CREATE INDEX "business_claim_effect" ON "business_claim" ("tenant_id", "effect_key");

GRANT SELECT, INSERT, UPDATE, DELETE ON "business_claim" TO belay_runtime;
GRANT SELECT, INSERT, UPDATE ON "kill_switch" TO belay_runtime;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "public" TO belay_runtime;

-- What the login of sql_query is a member of. It gets SELECT on one schema (store/query-login.ts).
DO $$
BEGIN
  CREATE ROLE belay_query NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
