package dev.warmpath.controlplane;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.Usage;
import dev.warmpath.fleet.v1.Volatility;
import dev.warmpath.fleet.v1.VolatilityFinding;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Writes what the admin server shows. Stateless. */
final class AdminJson {
  private AdminJson() {}

  /**
   * What is served, beside what is configured, and what each loop holds back.
   *
   * @param held by loop: what it sees but doesn't act upon
   */
  static void decisions(
      DecisionWriter.Served served,
      LoopSettings settings,
      Map<LoopName, List<String>> held,
      JsonGenerator json)
      throws IOException {
    Decisions configured = Decisions.of(served.config());
    json.writeStartObject();
    json.writeNumberField("version", served.standing().version());
    json.writeNumberField("generation", served.config().getGeneration());
    json.writeObjectFieldStart("loops");
    for (LoopName loop : LoopName.values()) {
      json.writeObjectFieldStart(loop.label());
      json.writeStringField("mode", settings.mode(loop).name());
      json.writeBooleanField("frozen", served.standing().frozen().contains(loop));
      json.writeArrayFieldStart("held");
      for (String text : held.getOrDefault(loop, List.of())) {
        json.writeString(text);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeObjectFieldStart("pools");
    for (var pool : served.decisions().pools().entrySet()) {
      json.writeObjectFieldStart(pool.getKey());
      for (var endpoint : pool.getValue().entrySet()) {
        EndpointDecision as = configured.endpoint(pool.getKey(), endpoint.getKey());
        json.writeObjectFieldStart(endpoint.getKey());
        json.writeNumberField("weight", endpoint.getValue().weight());
        json.writeNumberField("configured_weight", as.weight());
        json.writeStringField("health", endpoint.getValue().health().name());
        json.writeStringField("configured_health", as.health().name());
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeObjectFieldStart("routes");
    for (var route : served.decisions().hashKeys().entrySet()) {
      json.writeObjectFieldStart(route.getKey());
      json.writeStringField("hash_key", route.getValue().name());
      json.writeStringField("configured_hash_key", configured.hashKey(route.getKey()).name());
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /** The ledger's sums, one object per route, tenant and model. Unknown tokens are left out. */
  static void ledger(List<LedgerRow> rows, JsonGenerator json) throws IOException {
    json.writeStartArray();
    for (LedgerRow row : rows) {
      json.writeStartObject();
      json.writeStringField("route", row.getRoute());
      json.writeStringField("tenant", row.getTenant());
      json.writeStringField("model", row.getModel());
      json.writeNumberField("requests", row.getRequests());
      json.writeNumberField("active_requests", row.getActiveRequests());
      json.writeNumberField("forecast_requests", row.getForecastRequests());
      json.writeNumberField("unknown_usage_requests", row.getUnknownUsageRequests());
      usage(row.getUsage(), json);
      json.writeNumberField("planned_read_tokens", row.getPlannedReadTokens());
      json.writeNumberField("naive_read_tokens", row.getNaiveReadTokens());
      json.writeNumberField("possible_read_tokens", row.getPossibleReadTokens());
      json.writeNumberField("actual_nanousd", row.getActualNanousd());
      json.writeNumberField("planned_nanousd", row.getPlannedNanousd());
      json.writeNumberField("naive_nanousd", row.getNaiveNanousd());
      json.writeNumberField("possible_nanousd", row.getPossibleNanousd());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** One object per finding, each with the replica that told it. Unknown losses are left out. */
  static void volatility(Map<Long, Volatility> reports, JsonGenerator json) throws IOException {
    json.writeStartArray();
    for (Map.Entry<Long, Volatility> report : reports.entrySet()) {
      for (VolatilityFinding finding : report.getValue().getFindingsList()) {
        json.writeStartObject();
        json.writeStringField("incarnation", HexFormat.of().toHexDigits(report.getKey()));
        json.writeStringField("route", finding.getRoute());
        json.writeStringField("model", finding.getModel());
        json.writeStringField("kind", finding.getKind());
        json.writeStringField("site", finding.getSite());
        json.writeNumberField("segment", finding.getSegment());
        json.writeNumberField("index", finding.getIndex());
        json.writeStringField("parameter", finding.getParameter());
        json.writeNumberField("offset", finding.getOffset());
        json.writeNumberField("length", finding.getLength());
        json.writeNumberField("requests_compared", finding.getRequests());
        json.writeNumberField("share", finding.getShare());
        if (finding.hasTokensLostPerHour()) {
          json.writeNumberField(
              "tokens_lost_per_hour_estimated", Math.round(finding.getTokensLostPerHour()));
        }
        if (finding.hasUsdLostPerHour()) {
          json.writeNumberField("usd_lost_per_hour_estimated", finding.getUsdLostPerHour());
        }
        json.writeStringField("remedy", finding.getRemedy());
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  private static void usage(Usage usage, JsonGenerator json) throws IOException {
    if (usage.hasReadTokens()) {
      json.writeNumberField("read_tokens", usage.getReadTokens());
    }
    if (usage.hasWritten5MTokens()) {
      json.writeNumberField("written_5m_tokens", usage.getWritten5MTokens());
    }
    if (usage.hasWritten1HTokens()) {
      json.writeNumberField("written_1h_tokens", usage.getWritten1HTokens());
    }
    if (usage.hasWrittenTokens()) {
      json.writeNumberField("written_tokens", usage.getWrittenTokens());
    }
    if (usage.hasUncachedTokens()) {
      json.writeNumberField("uncached_tokens", usage.getUncachedTokens());
    }
    if (usage.hasInputTokens()) {
      json.writeNumberField("input_tokens", usage.getInputTokens());
    }
    if (usage.hasOutputTokens()) {
      json.writeNumberField("output_tokens", usage.getOutputTokens());
    }
  }
}
