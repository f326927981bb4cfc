package dev.warmpath.config;

import com.google.protobuf.Duration;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.CacheRules;
import dev.warmpath.config.v1.CacheRules.Mechanism;
import dev.warmpath.config.v1.Decay;
import dev.warmpath.config.v1.Lifetime;
import dev.warmpath.config.v1.Minimum;
import dev.warmpath.config.v1.Model;
import dev.warmpath.config.v1.ModelCatalogue;
import dev.warmpath.config.v1.Origin;
import dev.warmpath.config.v1.PriceList;
import dev.warmpath.config.v1.PriceTier;
import dev.warmpath.config.v1.ProviderApi;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules between fields of a catalogue of models, in a file of its own or in the configuration:
 * days that exist, lists in their order, no row behind one that says the same, no API that nobody
 * describes. Used once, by one thread.
 */
final class CatalogueRules {

  private static final String DAY = "a day of the calendar, as 2026-11-01";

  /** An API of a provider. */
  private record Name(String provider, Api api) {}

  private record Pattern(Name name, String pattern) {}

  private final FaultLog log;

  CatalogueRules(FaultLog log) {
    this.log = log;
  }

  void apis(List<ProviderApi> apis) {
    Map<Name, String> earlier = new HashMap<>();
    for (int i = 0; i < apis.size(); i++) {
      ProviderApi api = apis.get(i);
      String path = "provider_apis[%d]".formatted(i);
      String other = earlier.putIfAbsent(new Name(api.getProvider(), api.getApi()), path);
      if (other != null) {
        log.addFormatted(path + ".api", "an API of its own: %s has this one", other);
      }
      cache(api.getCache(), path + ".cache");
      origin(api.hasOrigin(), api.getOrigin(), path);
      origin(api.getUsage().hasOrigin(), api.getUsage().getOrigin(), path + ".usage");
    }
  }

  void models(List<Model> models) {
    Map<Pattern, String> earlier = new HashMap<>();
    for (int i = 0; i < models.size(); i++) {
      Model model = models.get(i);
      String path = "models[%d]".formatted(i);
      patterns(model, path, earlier);
      if (model.hasMinimum()) {
        minimum(model.getMinimum(), path + ".minimum");
      }
      cache(model.getCache(), path + ".cache");
      prices(model.getPricesList(), path);
      origin(model.hasOrigin(), model.getOrigin(), path);
    }
  }

  /** What a file must say of where it is from; rows of a configuration are their owner's. */
  void origins(ModelCatalogue catalogue) {
    String expected = "a mapping of source, verified, evidence";
    for (int i = 0; i < catalogue.getProviderApisCount(); i++) {
      if (!catalogue.getProviderApis(i).hasOrigin()) {
        log.add("provider_apis[%d].origin".formatted(i), expected);
      }
    }
    for (int i = 0; i < catalogue.getModelsCount(); i++) {
      if (!catalogue.getModels(i).hasOrigin()) {
        log.add("models[%d].origin".formatted(i), expected);
      }
    }
  }

  /** Whether each API that a model names has a row. */
  void apisOfModels(ModelCatalogue catalogue, List<ProviderApi> known) {
    Set<Name> names = new HashSet<>();
    TreeSet<String> providers = new TreeSet<>();
    for (List<ProviderApi> apis : List.of(catalogue.getProviderApisList(), known)) {
      for (ProviderApi api : apis) {
        names.add(new Name(api.getProvider(), api.getApi()));
        providers.add(api.getProvider());
      }
    }
    for (int i = 0; i < catalogue.getModelsCount(); i++) {
      Model model = catalogue.getModels(i);
      String provider = model.getProvider();
      if (provider.isEmpty()) {
        continue;
      }
      if (!providers.contains(provider)) {
        log.addFormatted(
            "models[%d].provider".formatted(i),
            "one of %s%s",
            String.join(", ", providers),
            NearMiss.of(provider, providers).map("; did you mean %s?"::formatted).orElse(""));
        continue;
      }
      for (int j = 0; j < model.getApisCount(); j++) {
        if (!names.contains(new Name(provider, model.getApis(j)))) {
          log.addFormatted(
              "models[%d].apis[%d]".formatted(i, j), "an API of %s in provider_apis", provider);
        }
      }
    }
  }

  private void patterns(Model model, String path, Map<Pattern, String> earlier) {
    for (int j = 0; j < model.getPatternsCount(); j++) {
      String place = "%s.patterns[%d]".formatted(path, j);
      for (Api api : model.getApisList()) {
        Name name = new Name(model.getProvider(), api);
        String other = earlier.putIfAbsent(new Pattern(name, model.getPatterns(j)), place);
        if (other != null) {
          log.addFormatted(place, "a pattern of its own: %s is asked before it", other);
        }
      }
    }
  }

  private void minimum(Minimum minimum, String path) {
    if (minimum.hasAtMostTokens() && minimum.getAtMostTokens() < minimum.getTokens()) {
      log.addFormatted(
          path + ".at_most_tokens", "at least %s.tokens, %d", path, minimum.getTokens());
    }
    origin(minimum.hasOrigin(), minimum.getOrigin(), path);
  }

  private void cache(CacheRules cache, String path) {
    boolean byHeader = cache.getMechanismsList().contains(Mechanism.SESSION_HEADER);
    if (byHeader && cache.getSessionHeader().isEmpty()) {
      log.add(path + ".session_header", "a header, since session_header is among the mechanisms");
    }
    for (int i = 0; i < cache.getLifetimesCount(); i++) {
      Lifetime lifetime = cache.getLifetimes(i);
      if (lifetime.hasAtLeast()
          && lifetime.hasAtMost()
          && compare(lifetime.getAtMost(), lifetime.getAtLeast()) < 0) {
        log.addFormatted(
            "%s.lifetimes[%d].at_most".formatted(path, i),
            "at least at_least, %s",
            Scalars.format(lifetime.getAtLeast()));
      }
    }
    Duration last = Duration.getDefaultInstance();
    for (int i = 0; i < cache.getDecayCount(); i++) {
      Decay decay = cache.getDecay(i);
      if (compare(decay.getGap(), last) <= 0) {
        log.addFormatted(
            "%s.decay[%d].gap".formatted(path, i), "more than %s", Scalars.format(last));
      }
      last = decay.getGap();
    }
    origin(
        cache.getMaxKeyRate().hasOrigin(),
        cache.getMaxKeyRate().getOrigin(),
        path + ".max_key_rate");
    origin(
        cache.getPriceFactors().hasOrigin(),
        cache.getPriceFactors().getOrigin(),
        path + ".price_factors");
  }

  private static int compare(Duration a, Duration b) {
    int seconds = Long.compare(a.getSeconds(), b.getSeconds());
    return seconds == 0 ? Integer.compare(a.getNanos(), b.getNanos()) : seconds;
  }

  private void prices(List<PriceList> lists, String path) {
    String last = "";
    for (int i = 0; i < lists.size(); i++) {
      PriceList list = lists.get(i);
      String place = "%s.prices[%d]".formatted(path, i);
      day(list.getFrom(), place + ".from");
      // Days as they are written sort as they follow one another.
      if (list.getFrom().compareTo(last) <= 0) {
        log.add(place + ".from", last.isEmpty() ? DAY : "a day after " + last);
      }
      last = list.getFrom();
      tiers(list, place);
      origin(list.hasOrigin(), list.getOrigin(), place);
    }
  }

  private void tiers(PriceList list, String path) {
    long above = -1;
    for (int i = 0; i < list.getTiersCount(); i++) {
      PriceTier tier = list.getTiers(i);
      String place = "%s.tiers[%d]".formatted(path, i);
      if (i == 0 ? tier.getAboveTokens() != 0 : tier.getAboveTokens() <= above) {
        log.add(place + ".above_tokens", i == 0 ? "0, or nothing" : "more than " + above);
      }
      above = tier.getAboveTokens();
      if (list.getWritesAreInput() && tier.hasWriteUsd()) {
        log.add(place + ".write_usd", "nothing, since writes_are_input is true");
      }
      if (list.getWritesAreInput() && tier.hasWrite1HUsd()) {
        log.add(place + ".write_1h_usd", "nothing, since writes_are_input is true");
      }
    }
  }

  private void origin(boolean isSet, Origin origin, String path) {
    if (isSet) {
      day(origin.getVerified(), path + ".origin.verified");
    }
  }

  private void day(String day, String path) {
    try {
      LocalDate.parse(day);
    } catch (DateTimeParseException _) {
      log.add(path, DAY);
    }
  }
}
