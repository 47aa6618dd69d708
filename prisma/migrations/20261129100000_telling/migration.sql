-- AlterTable
ALTER TABLE "approval" ADD COLUMN "look_at" TIMESTAMPTZ(3);

-- Questions that are open are looked at by the next round.
UPDATE "approval" SET "look_at" = clock_timestamp() WHERE "status" = 'pending';
CREATE INDEX "approval_to_look_at" ON "approval" ("look_at") WHERE "status" = 'pending';
