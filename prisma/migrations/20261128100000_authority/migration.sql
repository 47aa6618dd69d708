-- AlterTable
ALTER TABLE "run" ADD COLUMN "tainted_at" TIMESTAMPTZ(3), ADD COLUMN "tainted_by" TEXT;

-- AlterTable
ALTER TABLE "call" ADD COLUMN "rule_digest" TEXT, ADD COLUMN "rule_inputs" TEXT, ADD COLUMN "grant_id" TEXT;

-- AlterTable
ALTER TABLE "approval" ADD COLUMN "args" TEXT,
ADD COLUMN "original_args" TEXT,
ADD COLUMN "original_args_digest" TEXT,
ADD COLUMN "title" TEXT,
ADD COLUMN "rule_digest" TEXT,
ADD COLUMN "effect_key" TEXT,
ADD COLUMN "round" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN "editor_may_decide" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN "escalation" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN "level" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "undo_window_ms" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "executable_at" TIMESTAMPTZ(3),
ADD COLUMN "withdrawn_at" TIMESTAMPTZ(3),
ADD COLUMN "withdrawn_by" TEXT,
ADD COLUMN "reminded_at" TIMESTAMPTZ(3),
ADD COLUMN "preview_state" TEXT NOT NULL DEFAULT 'none',
ADD COLUMN "preview" JSONB,
ADD COLUMN "earlier_preview" JSONB,
ADD COLUMN "precondition_digest" TEXT;

-- AlterTable
ALTER TABLE "decision" ADD COLUMN "round" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN "level" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "seen_digest" TEXT,
ADD COLUMN "args" TEXT,
ADD COLUMN "rule_digest" TEXT,
ADD COLUMN "key_id" TEXT,
ADD COLUMN "signature" TEXT;

-- AlterTable
ALTER TABLE "effect" ADD COLUMN "resolution_key_id" TEXT, ADD COLUMN "resolution_signature" TEXT;

-- CreateTable
CREATE TABLE "standing_grant" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "terms" TEXT NOT NULL,
    "terms_digest" TEXT NOT NULL,
    "uses" INTEGER NOT NULL,
    "used" INTEGER NOT NULL DEFAULT 0,
    "reason" TEXT NOT NULL,
    "proposed_by" TEXT NOT NULL,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "active_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_by" TEXT,
    "revoke_reason" TEXT,

    CONSTRAINT "standing_grant_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "grant_vote" (
    "tenant_id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT NOT NULL,
    "signature" TEXT NOT NULL,

    CONSTRAINT "grant_vote_pkey" PRIMARY KEY ("tenant_id","grant_id","by")
);

-- CreateTable
CREATE TABLE "grant_use" (
    "tenant_id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "effect_key" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "reserved_at" TIMESTAMPTZ(3) NOT NULL,
    "dispatched_at" TIMESTAMPTZ(3),
    "freed_at" TIMESTAMPTZ(3),

    CONSTRAINT "grant_use_pkey" PRIMARY KEY ("tenant_id","grant_id","effect_key")
);

-- DropIndex
DROP INDEX "decision_tenant_id_approval_id_by_key";

-- CreateIndex
CREATE UNIQUE INDEX "decision_tenant_id_approval_id_by_round_key" ON "decision"("tenant_id", "approval_id", "by", "round");

-- CreateIndex
CREATE INDEX "standing_grant_tenant_id_agent_tool_idx" ON "standing_grant"("tenant_id", "agent", "tool");

-- AddForeignKey
ALTER TABLE "grant_vote" ADD CONSTRAINT "grant_vote_tenant_id_grant_id_fkey" FOREIGN KEY ("tenant_id", "grant_id") REFERENCES "standing_grant"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grant_use" ADD CONSTRAINT "grant_use_tenant_id_grant_id_fkey" FOREIGN KEY ("tenant_id", "grant_id") REFERENCES "standing_grant"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grant_use" ADD CONSTRAINT "grant_use_tenant_id_call_id_fkey" FOREIGN KEY ("tenant_id", "call_id") REFERENCES "call"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Questions that are open keep what they ask about.
UPDATE "approval" SET "args" = "call"."args", "original_args" = "call"."args",
  "original_args_digest" = "call"."args_digest", "title" = "call"."title"
FROM "call" WHERE "call"."tenant_id" = "approval"."tenant_id" AND "call"."id" = "approval"."call_id";
ALTER TABLE "approval" ALTER COLUMN "args" SET NOT NULL,
  ALTER COLUMN "original_args" SET NOT NULL,
  ALTER COLUMN "original_args_digest" SET NOT NULL,
  ALTER COLUMN "title" SET NOT NULL;

-- What the schema language cannot say: closed sets, and that no grant is used more often than it says.
ALTER TABLE "approval"
  ADD CONSTRAINT "approval_preview_state_closed" CHECK ("preview_state" IN ('none', 'pending', 'ready', 'failed')),
  ADD CONSTRAINT "approval_withdrawn_by_someone" CHECK (("withdrawn_at" IS NULL) = ("withdrawn_by" IS NULL));
ALTER TABLE "standing_grant"
  ADD CONSTRAINT "standing_grant_used_within" CHECK ("used" >= 0 AND "used" <= "uses"),
  ADD CONSTRAINT "standing_grant_revoked_by_someone" CHECK (("revoked_at" IS NULL) = ("revoked_by" IS NULL));
CREATE INDEX "grant_use_call" ON "grant_use" ("tenant_id", "call_id");
CREATE UNIQUE INDEX "grant_use_one_of_effect" ON "grant_use" ("tenant_id", "effect_key") WHERE "freed_at" IS NULL;

GRANT SELECT, INSERT, UPDATE ON "standing_grant", "grant_use" TO belay_runtime;
GRANT SELECT, INSERT ON "grant_vote" TO belay_runtime;
