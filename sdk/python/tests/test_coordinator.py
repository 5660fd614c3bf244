"""
Against a real coordinator with a real host: scripts/sdk-tests.mjs starts both, and sets NIYANTA_SERVER, NIYANTA_API_KEY
and NIYANTA_TEST_IMAGE (an image with a busybox, on the host).
"""

import os
import tarfile
import tempfile
import unittest
import uuid

from niyanta import ApiError, Client, WorkloadFailed

IMAGE = os.environ.get("NIYANTA_TEST_IMAGE", "")


def job(script, **more):
    return {"name": f"python-{uuid.uuid4().hex[:8]}", "image": IMAGE, "command": ["sh", "-c", script], **more}


@unittest.skipUnless(IMAGE, "no coordinator: run scripts/sdk-tests.mjs")
class Coordinator(unittest.TestCase):
    def setUp(self):
        self.client = Client()

    def test_submit_follow_and_wait(self):
        accepted = self.client.submit(job("for n in 1 2 3; do echo line $n; sleep 0.2; done"))
        lines = [line["text"] for line in self.client.follow(accepted["id"])]
        self.assertEqual(lines, ["line 1", "line 2", "line 3"])
        self.assertEqual([line["text"] for line in self.client.logs(accepted["id"])], lines)
        done = self.client.wait(accepted["id"], timeout=60)
        self.assertEqual((done["state"], done["id"]), ("SUCCEEDED", accepted["id"]))

    def test_one_idempotency_key_is_one_workload(self):
        key, workload = uuid.uuid4().hex, job("true")
        first = self.client.submit(workload, idempotency_key=key)
        second = self.client.submit(workload, idempotency_key=key)
        self.assertEqual((second["id"], first["doubled"], second["doubled"]), (first["id"], False, True))

    def test_a_failure_is_raised_and_told(self):
        accepted = self.client.submit(job("exit 3"))
        with self.assertRaises(WorkloadFailed) as caught:
            self.client.wait(accepted["id"], timeout=60)
        self.assertEqual(caught.exception.workload["state"], "FAILED")
        self.assertEqual(self.client.wait(accepted["id"], check=False)["state"], "FAILED")

    def test_inputs_are_there_in_the_container(self):
        workload = job("cat /in/data", inputs={"files": ["data:/in/data"]})
        accepted = self.client.submit(workload, inputs={"/in/data": b"from python\n"})
        self.assertEqual([line["text"] for line in self.client.follow(accepted["id"])], ["from python"])

    def test_a_batch_is_found_by_its_label(self):
        label = {"run": uuid.uuid4().hex[:12]}
        batch = self.client.submit_batch([{"workload": job("true", labels=label)} for _ in range(3)])
        ids = {one["id"] for one in batch["items"]}
        self.assertEqual(len(ids), 3)
        for one in ids:
            self.client.wait(one, timeout=60)
        self.assertEqual({one["id"] for one in self.client.workloads(label=label, state=["SUCCEEDED"], limit=1)}, ids)

    def test_checkpoints(self):
        script = (
            "save() { echo kept >state && sha256sum state >sums && mv sums SHA256SUMS; }; "
            "cd $NIYANTA_CHECKPOINT_DIR; trap save USR1; echo ready; while :; do sleep 0.1; done"
        )
        accepted = self.client.submit(job(script, checkpoint={"grace": "10s"}))
        id = accepted["id"]
        self.addCleanup(self.client.cancel, id)
        next(line for line in self.client.follow(id) if line["text"] == "ready")
        taken = self.client.take_checkpoint(id)
        self.assertEqual([one["number"] for one in self.client.checkpoints(id)], [taken["number"]])
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "state.tar")
            self.client.download_checkpoint(id, taken["number"], file)
            with tarfile.open(file) as tar:
                self.assertEqual(tar.extractfile("state").read(), b"kept\n")

    def test_what_is_wrong_is_said(self):
        with self.assertRaises(ApiError) as caught:
            self.client.submit({"name": "fine", "image": IMAGE, "priority": 1000})
        error = caught.exception
        self.assertEqual((error.status, error.code), (400, "invalid-value"))
        self.assertIn("priority", error.detail)

    def test_cancel(self):
        id = self.client.submit(job("sleep 100"))["id"]
        self.client.cancel(id)
        self.assertEqual(self.client.wait(id, timeout=60, check=False)["state"], "CANCELLED")


if __name__ == "__main__":
    unittest.main()
