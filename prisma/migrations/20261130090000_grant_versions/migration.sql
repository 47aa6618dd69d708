-- No grant was given before this.
ALTER TABLE "standing_grant" ADD COLUMN "agent_version" TEXT NOT NULL;
CREATE INDEX "standing_grant_newest" ON "standing_grant" ("tenant_id", "proposed_at" DESC, "id" DESC);
