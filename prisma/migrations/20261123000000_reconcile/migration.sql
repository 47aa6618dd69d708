-- AlterTable
ALTER TABLE "run" ADD COLUMN "engine_run_id" TEXT, ADD COLUMN "engine_id" TEXT;

-- What the schema language cannot say: the runs that the engine is asked about, and old deliveries.
CREATE INDEX "run_open" ON "run" ("id") WHERE "ended" IS NULL;
CREATE INDEX "outbox_done" ON "outbox" ("created_at") WHERE "state" = 'done';
