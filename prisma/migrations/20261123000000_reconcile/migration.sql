-- AlterTable
ALTER TABLE "run" ADD COLUMN "engine_run_id" TEXT;

-- What the schema language cannot say: the runs that the engine is asked about.
CREATE INDEX "run_open" ON "run" ("id") WHERE "ended" IS NULL;
