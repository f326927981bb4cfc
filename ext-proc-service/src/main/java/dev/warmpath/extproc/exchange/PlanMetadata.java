package dev.warmpath.extproc.exchange;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.extproc.prompt.Dialect;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The dynamic metadata {@code warmpath}: what the observer and the access log need of a plan. Envoy
 * repeats it on every message, so it stays below 1 KiB, and it leaves the service, so keys are
 * truncated and nothing in it is prompt text.
 */
final class PlanMetadata {

  /** Longest model name that is repeated. A model is named by the client. */
  static final int MAX_MODEL_CHARS = 128;

  /** Hex digits of a key that are shown. */
  private static final int KEY_DIGITS = 8;

  private static final String PLAN = "plan";
  private static final String API = "api";
  private static final Dialect[] DIALECTS = Dialect.values();

  private PlanMetadata() {}

  static Struct of(ExchangePlan plan) {
    Struct.Builder struct = Struct.newBuilder();
    struct.putFields(PLAN, Replies.string(plan.id().toString()));
    struct.putFields(API, Replies.string(plan.dialect().label()));
    struct.putFields("lane", Replies.string(plan.route().lane()));
    struct.putFields("route", Replies.string(plan.route().id()));
    struct.putFields("model", Replies.string(truncate(plan.model())));
    struct.putFields("mode", Replies.string(plan.applied() ? "active" : "forecast"));
    struct.putFields("root", Replies.string(shortKey(plan.keyRoot())));
    struct.putFields("conversation", Replies.string(shortKey(plan.keyConversation())));
    return struct.build();
  }

  /** Null: there is none, or it is not one of ours. */
  static @Nullable PlanId planId(Struct metadata) {
    Value plan = metadata.getFieldsMap().get(PLAN);
    return plan == null ? null : PlanId.parse(plan.getStringValue());
  }

  static Dialect dialect(Struct metadata) {
    Value api = metadata.getFieldsMap().get(API);
    String label = api == null ? "" : api.getStringValue();
    for (Dialect dialect : DIALECTS) {
      if (dialect.label().equals(label)) {
        return dialect;
      }
    }
    return Dialect.OPENAI_CHAT;
  }

  private static String truncate(String model) {
    return model.length() <= MAX_MODEL_CHARS ? model : model.substring(0, MAX_MODEL_CHARS);
  }

  private static String shortKey(long key) {
    return HexFormat.of().toHexDigits(key).substring(0, KEY_DIGITS);
  }
}
