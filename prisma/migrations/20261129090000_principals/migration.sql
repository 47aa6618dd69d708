-- AlterTable
ALTER TABLE "principal" ADD COLUMN "revoked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "api_key" ADD COLUMN "expires_at" TIMESTAMPTZ(3), ADD COLUMN "last_used_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "principal_change" (
    "tenant_id" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "principal_id" TEXT NOT NULL,
    "act" TEXT NOT NULL,
    "by" TEXT,
    "reason" TEXT NOT NULL,
    "roles" TEXT[],
    "labels" TEXT[],
    "key_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "principal_change_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "api_key_tenant_id_principal_id_created_at_id_idx" ON "api_key"("tenant_id", "principal_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "principal_change_tenant_id_principal_id_id_idx" ON "principal_change"("tenant_id", "principal_id", "id" DESC);

-- AddForeignKey
ALTER TABLE "principal_change" ADD CONSTRAINT "principal_change_tenant_id_principal_id_fkey" FOREIGN KEY ("tenant_id", "principal_id") REFERENCES "principal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What the schema language cannot say: closed sets, and that who configures does not approve.
-- NOT VALID: a principal from before that breaks it stays, approves nothing, and cannot be written so again.
ALTER TABLE "principal"
  ADD CONSTRAINT "principal_admin_approves_nothing" CHECK (NOT "roles" @> ARRAY['admin', 'approver']) NOT VALID,
  ADD CONSTRAINT "principal_has_a_role" CHECK (cardinality("roles") > 0) NOT VALID;
ALTER TABLE "principal_change"
  ADD CONSTRAINT "principal_change_act_closed" CHECK ("act" IN ('made', 'changed', 'revoked', 'key-made', 'key-revoked')),
  ADD CONSTRAINT "principal_change_names_its_key" CHECK (("act" IN ('key-made', 'key-revoked')) = ("key_id" IS NOT NULL));

-- What was there before changes were recorded.
INSERT INTO "principal_change" ("tenant_id", "principal_id", "act", "reason", "roles", "labels")
SELECT "tenant_id", "id", 'made', 'It was there before changes were recorded.', "roles", "labels" FROM "principal";

-- Written once, and nothing of it is ever deleted.
GRANT SELECT, INSERT ON "principal_change" TO belay_runtime;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "public" TO belay_runtime;
REVOKE DELETE ON "principal", "api_key" FROM belay_runtime;
