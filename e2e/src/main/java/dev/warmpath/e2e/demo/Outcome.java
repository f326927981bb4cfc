package dev.warmpath.e2e.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** All that the demo found, as a table for people and as JSON for programs. */
record Outcome(Phase naive, Phase warmpath, FaultCounts faults) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One object. */
  ObjectNode json() {
    ObjectNode root = JSON.createObjectNode();
    root.set("naive", json(naive));
    root.set("warmpath", json(warmpath));
    root.putObject("faults")
        .put("ext_proc_killed_failed", faults.extProcFailed())
        .put("control_plane_killed_failed", faults.controlPlaneFailed());
    return root;
  }

  private static ObjectNode json(Phase phase) {
    return JSON.createObjectNode()
        .put("hit_rate", rounded(phase.served().all().hitRate(), 4))
        .put("ttft_mean_ms", rounded(phase.meanFirstTokenMillis(), 1))
        .put("ttft_p50_ms", rounded(phase.firstTokenMillis(0.5), 1))
        .put("ttft_p99_ms", rounded(phase.firstTokenMillis(0.99), 1))
        .put("imbalance", rounded(phase.served().imbalance(), 3))
        .put("failed", phase.failed())
        .put("requests", phase.requests())
        .put("cost_per_1000", rounded(phase.usdPer1000(), 4))
        .put("passed_through", phase.passedThrough());
  }

  private static double rounded(double value, int digits) {
    double scale = Math.pow(10, digits);
    return Math.round(value * scale) / scale;
  }

  /** Lines for a terminal. */
  String table() {
    var table = new StringBuilder("\n");
    line(table, "", "round robin", "Warmpath", "");
    Served before = naive.served();
    Served after = warmpath.served();
    share(table, "hit rate", before.all().hitRate(), after.all().hitRate());
    if (after.provider().input() > 0) {
      share(table, "  engines", before.pool().hitRate(), after.pool().hitRate());
      share(table, "  provider", before.provider().hitRate(), after.provider().hitRate());
    }
    millis(table, "TTFT mean", naive.meanFirstTokenMillis(), warmpath.meanFirstTokenMillis());
    millis(table, "TTFT p50", naive.firstTokenMillis(0.5), warmpath.firstTokenMillis(0.5));
    millis(table, "TTFT p99", naive.firstTokenMillis(0.99), warmpath.firstTokenMillis(0.99));
    line(
        table,
        "imbalance of engines",
        number("%.2f", before.imbalance()),
        number("%.2f", after.imbalance()),
        "");
    count(table, "input tokens read", before.all().read(), after.all().read());
    count(table, "input tokens written", before.all().written(), after.all().written());
    count(table, "input tokens uncached", before.all().uncached(), after.all().uncached());
    usd(table, "cost of 1,000 requests", naive.usdPer1000(), warmpath.usdPer1000());
    if (after.provider().input() > 0) {
      usd(
          table,
          "  provider's bill",
          naive.per1000(before.providerUsd()),
          warmpath.per1000(after.providerUsd()));
      usd(
          table,
          "  engines, busy",
          naive.per1000(naive.engineUsd()),
          warmpath.per1000(warmpath.engineUsd()));
    }
    line(
        table,
        "  engines, idle (apart)",
        dollars(naive.per1000(naive.idleUsd())),
        dollars(warmpath.per1000(warmpath.idleUsd())),
        "");
    line(table, "requests", grouped(naive.requests()), grouped(warmpath.requests()), "");
    line(
        table,
        "  not processed",
        grouped(naive.passedThrough()),
        grouped(warmpath.passedThrough()),
        "");
    line(table, "  failed", grouped(naive.failed()), grouped(warmpath.failed()), "");
    table.append('\n').append(verdict()).append('\n');
    table.append(
        """

        Killed under load: the control plane: %d of %d requests failed.
                           Then one ext_proc replica, then both: %d of %d requests failed.
        """
            .formatted(
                faults.controlPlaneFailed(),
                faults.controlPlaneRequests(),
                faults.extProcFailed(),
                faults.extProcRequests()));
    return table.toString();
  }

  private String verdict() {
    double saved = naive.usdPer1000() - warmpath.usdPer1000();
    long uncachedBefore = naive.served().all().uncached() + naive.served().all().written();
    long uncachedAfter = warmpath.served().all().uncached() + warmpath.served().all().written();
    return "Saved: %s of %s per 1,000 requests (%s), %s tokens that were not computed again (%s)."
        .formatted(
            dollars(saved),
            dollars(naive.usdPer1000()),
            change(naive.usdPer1000(), warmpath.usdPer1000()),
            grouped(uncachedBefore - uncachedAfter),
            change((double) uncachedBefore, (double) uncachedAfter));
  }

  private static void share(StringBuilder table, String name, double before, double after) {
    line(
        table,
        name,
        number("%.1f %%", before * 100),
        number("%.1f %%", after * 100),
        before > 0 ? number("× %.1f", after / before) : "");
  }

  private static void millis(StringBuilder table, String name, double before, double after) {
    line(table, name, number("%,.0f ms", before), number("%,.0f ms", after), change(before, after));
  }

  private static void count(StringBuilder table, String name, long before, long after) {
    line(table, name, grouped(before), grouped(after), change((double) before, (double) after));
  }

  private static void usd(StringBuilder table, String name, double before, double after) {
    line(table, name, dollars(before), dollars(after), change(before, after));
  }

  /** Relative; empty where there was nothing. */
  private static String change(double before, double after) {
    return before > 0 ? number("%+.0f %%", (after / before - 1) * 100) : "";
  }

  private static String dollars(double usd) {
    return number("$%,.2f", usd);
  }

  private static String grouped(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static void line(
      StringBuilder table, String name, String before, String after, String change) {
    table
        .append(
            String.format(Locale.ROOT, "%-25s %14s %14s %10s", name, before, after, change)
                .stripTrailing())
        .append('\n');
  }
}
