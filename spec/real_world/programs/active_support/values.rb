# frozen_string_literal: true

# What the program gives to ActiveSupport::MessagePack, and how it tells two objects apart.

Box = Struct.new(:content) do
  def self.from_msgpack_ext(content) = new(content)

  def to_msgpack_ext = content
end

Point = Struct.new(:x, :y) do
  def self.json_create(json) = new(json["x"], json["y"])

  def as_json(*) = { "x" => x, "y" => y }
end

# Its type is registered by the program, as an initializer of a Rails application would.
Money = Struct.new(:amount, :currency)

Time.zone = "Europe/Berlin"

# Class of an extended type => values that are written as that type.
TYPED = {
  "Symbol" => [:a, :größe, :"longer than the keys of a cache of keys are likely to be"],
  "Integer" => [1 << 64, -(1 << 63) - 1, 3**5000, -(7**99)],
  "BigDecimal" => %w[-0 3.141592653589793238462643383279 NaN -Infinity 1e400].map { |text| BigDecimal(text) },
  "Rational" => [0r, -2/3r, Rational(1 << 70, 3)],
  "Complex" => [Complex(1, -2), Complex(0.5, 2/3r)],
  "DateTime" => [DateTime.new(2024, 2, 29, 23, 59, 179/3r, "+05:30"), DateTime.new(-4712, 1, 1)],
  "Date" => [Date.new(2024, 2, 29), Date.new(-44, 3, 15)],
  "Time" => [Time.at(0, 999_999_999, :nsec, in: "-09:30"), Time.utc(1905, 6, 30), Time.utc(2500)],
  "ActiveSupport::TimeWithZone" => [Time.zone.local(2024, 3, 31, 3, 30, 1.25r),
                                    ActiveSupport::TimeZone["Tokyo"].at(1 << 33)],
  "ActiveSupport::TimeZone" => [ActiveSupport::TimeZone["Kathmandu"]],
  "ActiveSupport::Duration" => [3.months + 1.5.hours, 0.seconds, -2.weeks],
  "Range" => [1..10, "a"..."f", (2.5..), (...Date.new(2024, 1, 1)), Range.new(1.day, 2.days)],
  "Set" => [Set[], Set[1, "two", :three, Set[4.0]], Set.new(0..300)],
  "URI::Generic" => ["https://user@example.org:8443/a/b?c=d#e", "mailto:a@example.org", "urn:x:y"].map { |s| URI(s) },
  "IPAddr" => %w[192.0.2.7 192.0.2.0/24 2001:db8::/32 ::1].map { |text| IPAddr.new(text) },
  "Pathname" => [Pathname("/usr/./share"), Pathname("größe.txt")],
  "Regexp" => [/a.b/mi, %r{\A/größe/(?<n>\d+)\z}],
  "ActiveSupport::HashWithIndifferentAccess" => [{ a: 1, "b" => { c: [:d, { e: 1r }] } }.with_indifferent_access],
  "Money" => [Money.new(BigDecimal("9.99"), :EUR), Money.new(Money.new(1 << 65, nil), Set[])]
}.freeze

# MessagePack's own types, alone and around the others.
PLAIN = {
  "nil" => [nil], "Boolean" => [true, false], "Float" => [1.5, -Float::INFINITY],
  "small Integer" => [0, 1 - (1 << 63), (1 << 64) - 1], "least Integer" => [-(1 << 63)],
  "String" => ["größe", "\xFF\x00".b, "x" * 70_000],
  "Array" => [[1, [:a, [2r, [Set[[]]]]]], Array.new(1000) { |n| n.even? ? n : n.to_s.to_sym }],
  "Hash" => [{ "a" => 1, b: 2, 3 => { Date.new(2024) => [4r..5r] }, nil => nil, (1 << 64) => :big }],
  "all of them" => [TYPED, { TYPED.to_a => TYPED.values.to_set }.with_indifferent_access]
}.freeze

# Objects of any other class: the cache writes them by their own methods, all else in Rails refuses them. One is 120
# levels deep, each of them an extended type and a container.
deep = 120.times.inject(:core) { |inner, n| Box.new(n.even? ? [inner, n] : { n => inner }) }
OBJECTS = {
  "Object" => [Box.new(nil), Box.new(TYPED), Point.new(1, "two"), deep,
               [Point.new(nil, 1.5), { Box.new(:key) => Set[Box.new(Point.new([], {}))] }]]
}.freeze

# @return [Hash{String => Object}] name => value
def numbered(*tables)
  tables.inject(:merge).flat_map { |name, values| values.map.with_index { |value, n| ["#{name} #{n}", value] } }.to_h
end

# A text that two objects share only when they are of the same classes with the same content in the same order.
def describe(object)
  list = ->(items) { items.map { |item| describe(item) }.join(", ") }
  case object
  when Array, Set, Struct then "#{object.class}(#{list[object]})"
  when Hash then "#{object.class}(#{list[object.to_a]})"
  when Range then "Range(#{list[[object.begin, object.end, object.exclude_end?]]})"
  when ActiveSupport::Duration then "Duration(#{list[[object.value, object.parts]]})"
  else "#{object.class} #{describe_scalar(object)}"
  end
end

def describe_scalar(object)
  case object
  when ActiveSupport::TimeWithZone then "#{object.iso8601(9)} #{object.time_zone.name}"
  when DateTime then "#{object.iso8601} #{object.sec_fraction}"
  when Time then object.strftime("%F %T.%N %z")
  when ActiveSupport::TimeZone then object.name
  when String then object.encoding == Encoding::BINARY ? object.inspect : object.encode(Encoding::UTF_8).inspect
  # Rails gives the last two back as binary, whatever they were.
  when BigDecimal, URI, Pathname, Regexp then object.to_s.b.inspect
  else object.inspect
  end
end
