"""`ForwardURICompatUnparsed`: the URI is forwarded as the client wrote it, if rules looked at what it means."""

import pytest

from support.under_test import deviates


@pytest.mark.parametrize(("target", "ours"), [("/app/%78;p=1", 200), ("/app/y/..;/x", 200), ("/app/..%3b/app/x", 400), ("/app/x%3bp", 400)])
def test_as_written_only_what_was_guarded(make, target, ours):
    peer, httpd = make.peer("w"), make.httpd()
    httpd.workers(f"worker.list=w\nworker.w.port={peer.port}\n").conf("JkMount /* w\nJkOptions +ForwardURICompatUnparsed")
    assert httpd.start().get(target).status == deviates("D8", ours=ours, theirs=200)
    assert [request.uri for request in peer.requests] == deviates("D8", ours=[target.encode()] if ours == 200 else [], theirs=[target.encode()])
