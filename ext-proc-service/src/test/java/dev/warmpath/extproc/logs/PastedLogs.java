package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Conversation.Manner;
import dev.warmpath.extproc.logs.Pasting.Wrapping;
import dev.warmpath.extproc.logs.Traffic.Version;
import java.util.ArrayList;
import java.util.List;

/**
 * Logs whose prompts repeat as well as they can, while each user pastes what no other request has:
 * logs full of times, tables full of numbers, letters full of dates. All of it is the users' own,
 * or was found by a tool for one conversation.
 */
final class PastedLogs {

  /** How requests follow each other. */
  private enum Course {
    /** Each request stands alone, as in batches. */
    SINGLE,
    /** One user after the other, each with a conversation that grows. */
    GROWING,
    /** Many users at once. */
    PARALLEL,
    /** Tools bring the material, most turns are theirs. */
    TOOLS
  }

  /** What applications put before each document, where users only hand documents in. */
  private static final List<String> INSTRUCTIONS =
      List.of(
          "Translate the following text into German.\n\n",
          "Translate into English. Keep names and numbers.\n\nText:\n",
          "Fasse den folgenden Text in höchstens fünf Sätzen zusammen:\n\n",
          "Summarize the document below for a busy reader.\n\n",
          "Résume le document suivant.\n\n",
          "Extrae las fechas y los nombres del texto siguiente.\n\n",
          "Classify the following: billing, outage, praise, other.\n\nInput: ",
          "");

  private static final List<Material> MATERIALS = List.of(Material.values());

  private PastedLogs() {}

  static PlantedLog make(long seed) {
    Draw draw = new Draw(~seed ^ 0x5EED_0F_9A57EL);
    int number = (int) Math.floorMod(seed, (long) (MATERIALS.size() + 2));
    List<Material> materials =
        number < MATERIALS.size()
            ? List.of(MATERIALS.get(number))
            : draw.some(MATERIALS, draw.between(2, 6));
    Course course = draw.pick(List.of(Course.values()));
    Format format = RequestLogs.format(draw);
    Application application =
        application(draw.pick(PasteDomains.WITH_OTHERS), draw.pick(format.models()), course, draw);
    boolean instructed =
        (course == Course.SINGLE && draw.chance(0.75))
            || (materials.contains(Material.DOCUMENT) && draw.chance(0.5));
    if (instructed) {
      application = application.withPreamble(draw.pick(INSTRUCTIONS));
    }
    Traffic traffic =
        new Traffic(
            draw.between(30, 50),
            switch (course) {
              case SINGLE, PARALLEL -> draw.between(4, 12);
              case GROWING, TOOLS -> draw.between(1, 3);
            },
            draw.between(1, 25),
            1,
            switch (course) {
              case SINGLE -> 1;
              case PARALLEL -> draw.between(2, 8);
              case GROWING, TOOLS -> draw.between(4, 14);
            },
            draw.pick(List.of(5.0, 120.0, 1800.0, 20_000.0)),
            new Manner(
                course == Course.TOOLS ? 0.7 : draw.pick(List.of(0.0, 0.2)),
                0,
                0,
                false,
                pasting(materials, course, instructed, draw)));
    Version only = RequestLogs.only(application, null);
    return new PlantedLog(
        "pasted/"
            + (materials.size() == 1 ? materials.getFirst() : "MIXED")
            + "/"
            + course
            + (instructed ? "/instructed/" : "/")
            + format
            + "/"
            + seed,
        RequestLogs.bodies(traffic.events(moment -> only, 0, draw.fork(6)), format, draw.fork(7)),
        format.path(application.model()),
        null);
  }

  private static Application application(Domain domain, String model, Course course, Draw draw) {
    Application application = Application.draw(domain, model, draw);
    if (course == Course.TOOLS) {
      return application.withTools(Application.tools(domain, draw));
    }
    return draw.chance(0.15) ? application.withSystem(List.of()) : application;
  }

  private static Pasting pasting(
      List<Material> materials, Course course, boolean instructed, Draw draw) {
    List<String> asks = new ArrayList<>();
    if (!instructed) {
      materials.forEach(material -> asks.addAll(Pasting.asks(material)));
    }
    return new Pasting(
        course == Course.SINGLE ? 1 : draw.pick(List.of(0.4, 0.7, 1.0)),
        draw.below(1_000_000),
        draw.pick(List.of(1, 1, 3, 1000)),
        materials,
        asks,
        draw.pick(List.of(Wrapping.values())));
  }
}
