package dev.warmpath.extproc.logs;

import java.util.List;

/** Names that people, places and things have in generated logs. */
final class Names {

  static final List<String> FIRST =
      List.of(
          "Anna", "Jonas", "Priya", "Mateusz", "Chloé", "Wei", "Fatima", "Liam", "Søren", "Łukasz",
          "Yuki", "Amara", "Diego", "Ines", "Oskar", "Hannah", "Tomás", "Nadia", "Björn", "Grace",
          "Ahmed", "Elena", "Viktor", "Mei", "Paul", "Sofia", "Kwame", "Ingrid", "Rafael", "Zoe");

  static final List<String> LAST =
      List.of(
          "Schmidt",
          "Kowalski",
          "Iyer",
          "Nguyen",
          "Moreau",
          "Okafor",
          "García",
          "Lindqvist",
          "Tanaka",
          "O'Brien",
          "Müller",
          "Rossi",
          "Petrov",
          "Haddad",
          "Jensen",
          "Fernandes",
          "Weber",
          "Kim",
          "Novák",
          "Adeyemi",
          "van Dijk",
          "Baker",
          "Chen",
          "Öztürk",
          "Silva",
          "Hughes");

  static final List<String> COMPANIES =
      List.of(
          "Norlicht",
          "Brightwater Energy",
          "Fenwick & Hale",
          "Tessera Logistics",
          "Halden Bank",
          "Umbra Outdoor",
          "Quillon",
          "Mareva Travel",
          "Ostkreuz Versand",
          "Paperlane",
          "Sagewell",
          "Kite Mobility",
          "Altstadt Apotheken",
          "Corvid Systems",
          "Lumen Optik",
          "Dovetail Homes");

  static final List<String> ASSISTANTS =
      List.of("Nova", "Iris", "Milo", "Ada", "Juno", "Scout", "Piet", "Sunny", "Vera", "Hugo");

  static final List<String> PRODUCTS =
      List.of(
          "the trail backpack",
          "the annual plan",
          "a night train ticket",
          "the smart meter",
          "the espresso machine",
          "the travel insurance",
          "the standing desk",
          "the e-bike rental",
          "the family tariff",
          "the reading glasses",
          "the data connector",
          "the gift card");

  static final List<String> CITIES =
      List.of(
          "Leipzig",
          "Porto",
          "Kraków",
          "Gothenburg",
          "Lyon",
          "Austin",
          "Osaka",
          "Nairobi",
          "Zürich",
          "Valparaíso",
          "Turin",
          "Leeds",
          "Ghent",
          "Split");

  static final List<String> FILES =
      List.of(
          "src/main/java/billing/InvoiceTotals.java",
          "web/components/DatePicker.tsx",
          "internal/queue/worker.go",
          "services/auth/tokens.py",
          "lib/parser/lexer.rs",
          "deploy/helm/values.yaml",
          "app/models/shipment.rb",
          "cmd/report/main.go",
          "tests/test_rounding.py",
          "pkg/cache/lru.go");

  static final List<String> WORDS =
      List.of(
          "refund",
          "invoice",
          "voltage",
          "allergy",
          "customs",
          "warranty",
          "overtime",
          "rounding",
          "deposit",
          "latency",
          "checkpoint",
          "boarding",
          "prescription",
          "mortgage",
          "packaging");

  static final List<String> MONTHS =
      List.of(
          "January",
          "February",
          "March",
          "April",
          "May",
          "June",
          "July",
          "August",
          "September",
          "October",
          "November",
          "December");

  private Names() {}
}
