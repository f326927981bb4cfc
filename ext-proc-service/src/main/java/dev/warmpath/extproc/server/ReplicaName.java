package dev.warmpath.extproc.server;

import dev.warmpath.config.v1.ExtProc;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What this replica is called: as configured, else host name and a digest of its address. */
final class ReplicaName {

  private ReplicaName() {}

  static String of(ExtProc settings) {
    if (!settings.getReplica().isEmpty()) {
      return settings.getReplica();
    }
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      host = "unknown-host";
    }
    return "%s-%08x".formatted(host, settings.getAddress().hashCode());
  }
}
