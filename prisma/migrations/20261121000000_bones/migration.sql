-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "principal" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "roles" TEXT[],
    "labels" TEXT[],

    CONSTRAINT "principal_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "secret_digest" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "agent" (
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "current_version" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "agent_pkey" PRIMARY KEY ("tenant_id","name")
);

-- CreateTable
CREATE TABLE "agent_version" (
    "tenant_id" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "spec" TEXT NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "agent_version_pkey" PRIMARY KEY ("tenant_id","agent","digest")
);

-- CreateTable
CREATE TABLE "run" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "agent_version" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "waiting_for" JSONB NOT NULL,
    "input" TEXT NOT NULL,
    "output" TEXT,
    "failure" JSONB,
    "requested_by" TEXT NOT NULL,
    "tags" TEXT[],
    "budget" JSONB,
    "turns" INTEGER NOT NULL DEFAULT 0,
    "input_tokens" BIGINT NOT NULL DEFAULT 0,
    "output_tokens" BIGINT NOT NULL DEFAULT 0,
    "cache_read_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost_micros_usd" BIGINT NOT NULL DEFAULT 0,
    "cost_estimated" BOOLEAN NOT NULL DEFAULT false,
    "turn_retry" JSONB,
    "last_event_seq" INTEGER NOT NULL DEFAULT 0,
    "last_call_seq" INTEGER NOT NULL DEFAULT 0,
    "first_run_id" TEXT,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "cancel_requested_by" TEXT,
    "cancel_reason" TEXT,
    "paused_at" TIMESTAMPTZ(3),
    "ended" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "run_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "idempotency" (
    "tenant_id" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_digest" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "status" INTEGER,
    "answer" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "idempotency_pkey" PRIMARY KEY ("tenant_id","principal_id","route","key")
);

-- CreateTable
CREATE TABLE "message" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "turn" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "committed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "message_pkey" PRIMARY KEY ("tenant_id","run_id","seq")
);

-- CreateTable
CREATE TABLE "turn" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "stop" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "request_id" TEXT,
    "input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "cache_read_tokens" INTEGER NOT NULL,
    "cost_micros_usd" BIGINT,
    "failure_code" TEXT,
    "committed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "turn_pkey" PRIMARY KEY ("tenant_id","run_id","turn")
);

-- CreateTable
CREATE TABLE "call" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "model_call_id" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "args" TEXT NOT NULL,
    "args_digest" TEXT NOT NULL,
    "effect" TEXT NOT NULL,
    "retry_policy" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "outcome" TEXT,
    "result" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "retry" JSONB,
    "planned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "call_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "approval" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "args_digest" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "approvers" TEXT[],
    "quorum" INTEGER NOT NULL,
    "requester_may_decide" BOOLEAN NOT NULL,
    "allowed_decisions" TEXT[],
    "on_expiry" TEXT NOT NULL,
    "execute_within_ms" BIGINT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "taken_at" TIMESTAMPTZ(3),

    CONSTRAINT "approval_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "decision" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "approval_id" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "args_digest" TEXT NOT NULL,
    "message" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "decision_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "effect" (
    "tenant_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "call_id" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "args_digest" TEXT NOT NULL,
    "external_ref" TEXT,
    "dispatches" INTEGER NOT NULL DEFAULT 0,
    "first_dispatched_at" TIMESTAMPTZ(3),
    "dispatched_at" TIMESTAMPTZ(3),
    "send_by" TIMESTAMPTZ(3),
    "parked_at" TIMESTAMPTZ(3),
    "resolution" TEXT,
    "resolved_by" TEXT,
    "resolved_message" TEXT,
    "resolved_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "effect_pkey" PRIMARY KEY ("tenant_id","key")
);

-- CreateTable
CREATE TABLE "event" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "event_pkey" PRIMARY KEY ("tenant_id","run_id","seq")
);

-- CreateTable
CREATE TABLE "outbox" (
    "tenant_id" TEXT NOT NULL,
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL DEFAULT '',
    "payload" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "deliveries" INTEGER NOT NULL DEFAULT 0,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "last_code" TEXT,
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "claim_token" TEXT,
    "claimed_until" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "run_tenant_id_created_at_id_idx" ON "run"("tenant_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "run_tenant_id_status_created_at_idx" ON "run"("tenant_id", "status", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "call_tenant_id_run_id_seq_key" ON "call"("tenant_id", "run_id", "seq");

-- CreateIndex
CREATE INDEX "approval_tenant_id_run_id_idx" ON "approval"("tenant_id", "run_id");

-- CreateIndex
CREATE INDEX "approval_tenant_id_status_requested_at_idx" ON "approval"("tenant_id", "status", "requested_at");

-- CreateIndex
CREATE UNIQUE INDEX "decision_tenant_id_approval_id_by_key" ON "decision"("tenant_id", "approval_id", "by");

-- CreateIndex
CREATE INDEX "effect_tenant_id_run_id_idx" ON "effect"("tenant_id", "run_id");

-- CreateIndex
CREATE UNIQUE INDEX "effect_tenant_id_call_id_key" ON "effect"("tenant_id", "call_id");

-- CreateIndex
CREATE UNIQUE INDEX "event_tenant_id_run_id_key_key" ON "event"("tenant_id", "run_id", "key");

-- CreateIndex
CREATE INDEX "outbox_state_next_at_idx" ON "outbox"("state", "next_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_tenant_id_run_id_kind_subject_key" ON "outbox"("tenant_id", "run_id", "kind", "subject");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_principal_id_fkey" FOREIGN KEY ("tenant_id", "principal_id") REFERENCES "principal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_version" ADD CONSTRAINT "agent_version_tenant_id_agent_fkey" FOREIGN KEY ("tenant_id", "agent") REFERENCES "agent"("tenant_id", "name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_tenant_id_agent_agent_version_fkey" FOREIGN KEY ("tenant_id", "agent", "agent_version") REFERENCES "agent_version"("tenant_id", "agent", "digest") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message" ADD CONSTRAINT "message_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "turn" ADD CONSTRAINT "turn_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "call" ADD CONSTRAINT "call_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval" ADD CONSTRAINT "approval_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval" ADD CONSTRAINT "approval_tenant_id_call_id_fkey" FOREIGN KEY ("tenant_id", "call_id") REFERENCES "call"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "decision" ADD CONSTRAINT "decision_tenant_id_approval_id_fkey" FOREIGN KEY ("tenant_id", "approval_id") REFERENCES "approval"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "effect" ADD CONSTRAINT "effect_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "effect" ADD CONSTRAINT "effect_tenant_id_call_id_fkey" FOREIGN KEY ("tenant_id", "call_id") REFERENCES "call"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_tenant_id_run_id_fkey" FOREIGN KEY ("tenant_id", "run_id") REFERENCES "run"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the schema language cannot say: the closed sets of contracts/, and the indexes of the hot paths.
ALTER TABLE "run"
  ADD CONSTRAINT "run_status_closed" CHECK ("status" IN ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  ADD CONSTRAINT "run_ended_closed" CHECK ("ended" IN ('completed', 'failed', 'cancelled')),
  ADD CONSTRAINT "run_ended_is_status" CHECK ("ended" IS NULL OR "ended" = "status");
ALTER TABLE "call"
  ADD CONSTRAINT "call_state_closed" CHECK ("state" IN ('planned', 'asking', 'running', 'parked', 'finished')),
  ADD CONSTRAINT "call_finished_has_outcome" CHECK (("state" = 'finished') = ("outcome" IS NOT NULL AND "result" IS NOT NULL)),
  ADD CONSTRAINT "call_effect_closed" CHECK ("effect" IN ('read', 'idempotent', 'keyed', 'reconcilable', 'transactional', 'unsafe'));
ALTER TABLE "approval"
  ADD CONSTRAINT "approval_status_closed" CHECK ("status" IN ('pending', 'approved', 'rejected', 'responded', 'expired', 'cancelled')),
  ADD CONSTRAINT "approval_closed_has_time" CHECK (("status" = 'pending') = ("closed_at" IS NULL));
ALTER TABLE "effect"
  ADD CONSTRAINT "effect_state_closed" CHECK ("state" IN ('intended', 'dispatched', 'confirmed', 'failed', 'unknown', 'absent', 'parked', 'compensated'));
ALTER TABLE "outbox"
  ADD CONSTRAINT "outbox_kind_closed" CHECK ("kind" IN ('start', 'approvalDecided', 'effectResolved', 'cancel')),
  ADD CONSTRAINT "outbox_state_closed" CHECK ("state" IN ('pending', 'done', 'dead'));

CREATE INDEX "call_open" ON "call" ("tenant_id", "run_id") WHERE "state" <> 'finished';
CREATE INDEX "effect_parked" ON "effect" ("tenant_id", "run_id") WHERE "state" = 'parked';
CREATE INDEX "approval_pending" ON "approval" ("tenant_id", "run_id") WHERE "status" = 'pending';
CREATE INDEX "outbox_open" ON "outbox" ("tenant_id", "run_id") WHERE "state" <> 'done';
CREATE INDEX "outbox_due" ON "outbox" ("next_at") WHERE "state" = 'pending';
-- One pending question a call.
CREATE UNIQUE INDEX "approval_one_pending" ON "approval" ("tenant_id", "call_id") WHERE "status" = 'pending';

-- The runtime role reads and writes rows and owns nothing. Login roles are members of it.
DO $$
BEGIN
  CREATE ROLE belay_runtime NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA "public" TO belay_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "public" TO belay_runtime;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA "public" TO belay_runtime;
REVOKE ALL ON TABLE "_prisma_migrations" FROM belay_runtime;
-- What is written once stays as it is.
REVOKE UPDATE, DELETE ON "message", "turn", "event", "decision", "agent_version" FROM belay_runtime;
