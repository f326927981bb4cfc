package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Request.Part;
import dev.warmpath.extproc.logs.Request.Text;
import java.time.Instant;
import java.util.List;

/**
 * How the users of one application paste.
 *
 * @param share of the messages that hold a paste
 * @param seed of the systems that the pastes come from
 * @param sources how many of these there are; each writes in its own format
 * @param asks what users write before or behind it, in their own words; empty where the application
 *     asks for them
 * @param wrapping what the application puts around each paste
 */
record Pasting(
    double share,
    long seed,
    int sources,
    List<Material> materials,
    List<String> asks,
    Wrapping wrapping) {

  static final Pasting NONE = new Pasting(0, 0, 1, List.of(), List.of(), Wrapping.PLAIN);

  /** What stands around a paste in every message alike. */
  enum Wrapping {
    PLAIN("", ""),
    FENCE("```\n", "\n```"),
    DOCUMENT("<document>\n", "\n</document>"),
    FILE("Attached file:\n---\n", "\n---"),
    /** A content block of its own, as uploads are. */
    OWN_PART("", "");

    private final String before;
    private final String after;

    Wrapping(String before, String after) {
      this.before = before;
      this.after = after;
    }
  }

  private static final List<String> OF_MACHINES =
      List.of(
          "what does this mean?",
          "since {time} this shows up on {host}, any idea",
          "Is {ip} the culprit here?",
          "Find the first error and explain it.",
          "{first} sent me this, can you make sense of it?",
          "seit dem Update auf {version} kommt das hier ständig",
          "Was ist hier kaputt? Läuft seit {tag} so.",
          "Pourquoi ça plante sur {host} ?",
          "¿por qué falla desde el {tag}?",
          "why {error}? worked in {version}",
          "Compare with what you'd expect from {host}.",
          "Group these by cause please, newest last.");

  private static final List<String> OF_TABLES =
      List.of(
          "Which row looks wrong?",
          "sum it up by city",
          "Can you check these {n} rows against {amount}?",
          "{first} says the total is {amount}. Is it?",
          "Bitte nach Standort zusammenfassen.",
          "Stimmt die Summe von {amount} Euro am {tag}?",
          "Fais-moi un total par semaine.",
          "¿Cuál es la fila más alta?",
          "turn this into a table with totals",
          "Was fehlt hier für {month}?",
          "Anything odd after {date}?",
          "median please, and the worst {n}");

  private static final List<String> OF_WRITINGS =
      List.of(
          "Summarise in three points.",
          "what does {first} want from me",
          "Draft a polite answer, I can't make it on {date}.",
          "Übersetze das bitte ins Englische.",
          "Fasse zusammen, was bis {tag} zu tun ist.",
          "Résume en deux phrases.",
          "Traduce esto al inglés, por favor.",
          "who has promised what by when?",
          "Is the tone ok? {first} is touchy.",
          "Make it half as long, keep {amount} and the dates.",
          "List all names and dates.",
          "tl;dr");

  /** What users of such material ask. */
  static List<String> asks(Material material) {
    return switch (material) {
      case ACCESS_LOG, APPLICATION_LOG, DIFF, STACK_TRACE, CLUSTER -> OF_MACHINES;
      case JSON_RECORDS, CSV, MARKDOWN_TABLE, SQL_RESULT, BANK_STATEMENT -> OF_TABLES;
      case CHAT, MAIL, OWN_WORDS, DOCUMENT -> OF_WRITINGS;
    };
  }

  boolean isNone() {
    return materials.isEmpty();
  }

  String material(Draw draw, Instant now) {
    Material material = draw.pick(materials);
    return material.make(new Draw(seed + draw.below(sources)), draw, now);
  }

  List<Part> parts(Draw draw, Instant now) {
    String paste = wrapping.before + material(draw, now) + wrapping.after;
    String ask = asks.isEmpty() ? "" : draw.fill(draw.pick(asks), now);
    if (wrapping == Wrapping.OWN_PART && !ask.isEmpty()) {
      return draw.chance(0.6)
          ? List.of(new Text(paste), new Text(ask))
          : List.of(new Text(ask), new Text(paste));
    }
    if (ask.isEmpty() || draw.chance(0.15)) {
      return List.of(new Text(paste));
    }
    String gap = draw.pick("\n", "\n\n");
    return List.of(new Text(draw.chance(0.6) ? ask + gap + paste : paste + gap + ask));
  }
}
