-- Who has said yes may still say no: one vote of each kind in a round.

-- CreateIndex
CREATE UNIQUE INDEX "decision_tenant_id_approval_id_by_round_decision_key" ON "decision"("tenant_id", "approval_id", "by", "round", "decision");

-- DropIndex
DROP INDEX "decision_tenant_id_approval_id_by_round_key";
