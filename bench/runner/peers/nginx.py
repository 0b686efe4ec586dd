# SPDX-License-Identifier: BSD-3-Clause
"""nginx as a stream proxy: one process, on the peer's core."""

from lab import VIP

from cores import PEER_CORE

from .base import Peer

MODULE = "usr/lib/nginx/modules/ngx_stream_module.so"

CONFIG = """\
load_module {module};
daemon off;
user nobody nogroup;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log;
events {{ worker_connections 20000; }}
stream {{
    upstream mtas {{
{servers}
    }}
    server {{
        listen {vip}:25;
        proxy_pass mtas;
    }}
}}
"""


class Nginx(Peer):
    NAME = "nginx stream"

    def start(self):
        self.take_vip()
        servers = "\n".join(f"        server {address}:25;"
                            for address in self.mta_addresses())
        config = self.configure(CONFIG.format(
            vip=VIP, servers=servers, dir=self.site.dir,
            module=self.peer_path("libnginx-mod-stream", MODULE)))
        self.process = self.site.spawn_on(
            PEER_CORE, "lb",
            [self.peer_path("nginx", "usr/sbin/nginx"), "-c", config, "-e",
             self.site.dir / "nginx.log"], "nginx")

    def stop(self):
        super().stop()
        self.leave_vip()
