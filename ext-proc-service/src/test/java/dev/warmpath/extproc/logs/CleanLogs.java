package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Conversation.Manner;
import dev.warmpath.extproc.logs.Traffic.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Logs in which prompts repeat as well as they can, though much in them differs. */
final class CleanLogs {

  private static final List<String> STYLES =
      List.of(
          "plain",
          "applications",
          "deployment",
          "rolling-deployment",
          "ab-by-user",
          "ab-by-conversation",
          "agents",
          "user-images",
          "passages-in-questions",
          "shared-preamble",
          "harmless-parameters",
          "documents",
          "single-turns",
          "one-conversation",
          "no-system-prompt",
          "tenants",
          "tool-sets",
          "stamped-messages");

  private final Draw draw;
  private final Format format;
  private final Application first;
  private final int requests;
  private Manner manner;
  private int concurrent;
  private int maxTurns;

  private CleanLogs(long seed) {
    draw = new Draw(~seed);
    format = RequestLogs.format(draw);
    String model = draw.pick(format.models());
    first = Application.draw(draw.pick(Domain.ALL), model, draw);
    requests = draw.between(30, 200);
    manner = RequestLogs.manner(draw);
    concurrent = draw.between(1, 12);
    maxTurns = draw.between(3, 14);
  }

  static PlantedLog make(long seed) {
    CleanLogs logs = new CleanLogs(seed);
    String style = STYLES.get((int) Math.floorMod(seed, (long) STYLES.size()));
    Function<Moment, Version> route = logs.route(style);
    Traffic traffic =
        new Traffic(
            logs.requests,
            logs.concurrent,
            logs.draw.between(1, 25),
            1,
            logs.maxTurns,
            logs.draw.pick(List.of(5.0, 120.0, 1800.0, 20_000.0)),
            logs.manner);
    return new PlantedLog(
        "clean/" + style + "/" + logs.format + "/" + seed,
        RequestLogs.bodies(
            traffic.events(route, 0, logs.draw.fork(6)), logs.format, logs.draw.fork(7)),
        logs.format.path(logs.first.model()),
        null);
  }

  private Function<Moment, Version> route(String style) {
    Version one = RequestLogs.only(first, null);
    Draw route = draw.fork(5);
    return switch (style) {
      case "applications" -> {
        List<Version> all = new ArrayList<>(List.of(one));
        for (int more = draw.between(1, 4); more > 0; more--) {
          all.add(RequestLogs.only(sibling(draw.pick(Domain.ALL)), null));
        }
        yield moment -> route.fork(moment.conversation()).pick(all);
      }
      case "deployment" -> {
        Version next = RequestLogs.only(revised(), null);
        int at = requests / 3 + draw.below(requests / 3);
        yield moment -> moment.request() < at ? one : next;
      }
      case "rolling-deployment" -> {
        Version next = RequestLogs.only(revised(), null);
        int at = requests / 3 + draw.below(requests / 3);
        yield moment -> route.fork(moment.request()).below(10) < moment.request() - at ? next : one;
      }
      case "ab-by-user" -> {
        Version other = RequestLogs.only(revised(), null);
        yield moment -> route.fork(moment.user()).chance(0.5) ? one : other;
      }
      case "ab-by-conversation" -> {
        Version other = RequestLogs.only(revised(), null);
        yield moment -> route.fork(moment.conversation()).chance(0.5) ? one : other;
      }
      case "agents" -> {
        manner = new Manner(0.85, 0, 0, false);
        maxTurns = 16;
        Version agent =
            RequestLogs.only(first.withTools(Application.tools(first.domain(), draw)), null);
        yield moment -> agent;
      }
      case "user-images" -> {
        manner = new Manner(manner.tools(), 0.25, 0, false);
        yield moment -> one;
      }
      case "passages-in-questions" -> {
        manner = new Manner(0, 0, 1, false);
        yield moment -> one;
      }
      case "shared-preamble" -> {
        Version with =
            RequestLogs.only(
                first.withPreamble(
                    String.join("\n\n", Application.paragraphs(draw.pick(Domain.ALL), draw))
                        + draw.pick("\n\nQuestion: ", "\n\nTicket: ", "\n\n")),
                null);
        yield moment -> with;
      }
      case "harmless-parameters" -> {
        Version with = new Version(first, harmless(draw.fork(21)));
        yield moment -> with;
      }
      case "documents" -> {
        Version with =
            RequestLogs.only(Application.draw(Domain.ALL.get(3), first.model(), draw), null);
        manner = new Manner(0, 0, 0.5, false);
        yield moment -> with;
      }
      case "single-turns" -> {
        maxTurns = 1;
        yield moment -> one;
      }
      case "one-conversation" -> {
        concurrent = 1;
        maxTurns = 40;
        yield moment -> one;
      }
      case "no-system-prompt" -> {
        Version bare = RequestLogs.only(first.withSystem(List.of()), null);
        yield moment -> bare;
      }
      case "tenants" -> {
        List<Version> tenants = new ArrayList<>();
        for (String company : draw.some(Names.COMPANIES, draw.between(2, 3))) {
          List<String> system =
              first.system().stream().map(t -> "Brand: " + company + ".\n" + t).toList();
          tenants.add(RequestLogs.only(first.withSystem(system), null));
        }
        yield moment -> route.fork(moment.user()).pick(tenants);
      }
      case "tool-sets" -> {
        Application full = first.withTools(Application.tools(first.domain(), draw));
        Version plan = RequestLogs.only(full.withTools(full.tools().subList(0, 1)), null);
        Version act = RequestLogs.only(full, null);
        yield moment -> route.fork(moment.conversation()).chance(0.5) ? plan : act;
      }
      case "stamped-messages" -> {
        manner = new Manner(manner.tools(), 0, manner.documents(), true);
        yield moment -> one;
      }
      default -> moment -> one;
    };
  }

  private Application sibling(Domain domain) {
    String model = format.modelInPath() ? first.model() : draw.pick(format.models());
    return Application.draw(domain, model, draw);
  }

  /** The same application after somebody worked on its prompt. */
  private Application revised() {
    String system = String.join("\n\n", first.system());
    String changed =
        switch (draw.below(4)) {
          case 0 -> system + "\n\n" + draw.pick(Domain.GENERAL_RULES);
          case 1 -> draw.pick(Domain.GENERAL_RULES) + "\n\n" + system;
          case 2 -> {
            int middle = Math.max(0, system.indexOf('\n', system.length() / 2));
            yield system.substring(0, middle)
                + "\nPrompt version 5.0 of 2026-06-30.\n"
                + system.substring(middle);
          }
          default -> String.join("\n\n", Application.paragraphs(first.domain(), draw));
        };
    return first.withSystem(List.of(changed));
  }

  /** Parameters that change, but that no cache looks at. */
  private Defect harmless(Draw choices) {
    return (request, firstMessage, moment) -> {
      Draw own = choices.fork(moment.request());
      Draw user = choices.fork(-1L - moment.user());
      Map<String, Object> parameters = new LinkedHashMap<>(request.parameters());
      double temperature = own.below(11) / 10.0;
      int tokens = 256 * own.between(1, 16);
      switch (format) {
        case CHAT -> {
          parameters.put("temperature", temperature);
          parameters.put("seed", own.below(1_000_000));
          parameters.put("max_completion_tokens", tokens);
          parameters.put("user", user.hex(16));
          parameters.put("stream", own.chance(0.5));
          parameters.put("metadata", Format.object("run", own.uuid().toString()));
        }
        case MESSAGES_STRING, MESSAGES_BLOCKS -> {
          parameters.put("temperature", temperature);
          parameters.put("max_tokens", tokens);
          parameters.put("metadata", Format.object("user_id", user.uuid().toString()));
          parameters.put("stream", own.chance(0.5));
          parameters.put("stop_sequences", List.of("END-" + own.hex(4)));
        }
        case RESPONSES -> {
          parameters.put("temperature", temperature);
          parameters.put("max_output_tokens", tokens);
          parameters.put("safety_identifier", user.hex(20));
          parameters.put("metadata", Format.object("at", moment.time().toString()));
        }
        case GEMINI ->
            parameters.put(
                "generationConfig",
                Format.object("temperature", temperature, "maxOutputTokens", tokens));
        case CONVERSE -> {
          parameters.put(
              "inferenceConfig", Format.object("temperature", temperature, "maxTokens", tokens));
          parameters.put("requestMetadata", Format.object("run", own.uuid().toString()));
        }
      }
      return request.withParameters(parameters);
    };
  }
}
