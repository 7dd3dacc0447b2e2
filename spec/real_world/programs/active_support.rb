# frozen_string_literal: true

# ActiveSupport::MessagePack, and what of Rails is built on it. Arguments: a task, a folder, and to run on another
# msgpack than a program gets by itself, its versions. What a task writes into the folder, another process reads there.

TASK, FOLDER, *VERSIONS = ARGV
gem "msgpack", *VERSIONS unless VERSIONS.empty?

require_relative "report"
require "active_support/all"
require "active_support/message_pack"
require "fileutils"
require_relative "active_support/values"

# The one refuses objects of a class that it does not know, the other has a way for them.
STRICT = ActiveSupport::MessagePack
CACHE = ActiveSupport::MessagePack::CacheSerializer

[STRICT, CACHE].each do |serializer|
  serializer.register_type(
    20, Money, recursive: true, packer: ->(money, packer) { money.each { |part| packer.write(part) } },
               unpacker: ->(unpacker) { Money.new(unpacker.read, unpacker.read) }
  )
end

# @return [String, nil] the class of what the block raises
def error_of
  yield
  nil
rescue StandardError => e
  e.class.name
end

# @return [Hash{String => Array(String, String)}] name => what the value is, what the block makes of it
def compare(values)
  values.to_h { |name, value| [name, [describe(value), describe(yield(name, value))]] }
end

module Serializing
  TABLES = { STRICT => [TYPED, PLAIN], CACHE => [TYPED, PLAIN, OBJECTS] }.freeze

  def self.run
    TABLES.to_h do |serializer, tables|
      values = numbered(*tables)
      bytes = values.transform_values { |value| serializer.dump(value) }
      [serializer.name, { bytes: bytes, values: compare(values) { |name, _| serializer.load(bytes[name]) },
                          types: types(serializer) }]
    end
  end

  def self.types(serializer)
    serializer.message_pack_factory.registered_types.to_h { |entry| [entry[:class].name, entry[:type]] }
  end
end

# A store in files is another process's cache, one in memory this process's.
module Caching
  VALUES = numbered(TYPED, PLAIN, OBJECTS).freeze
  # Above the size from which entries are compressed.
  LONG = Array.new(2000) { |n| { id: n, at: Time.utc(2024) + n.hours } }.freeze

  def self.files(**options)
    ActiveSupport::Cache::FileStore.new(File.join(FOLDER, "cache"), serializer: :message_pack, **options)
  end

  def self.write
    files.write_multi(VALUES)
    files.write("long", LONG)
    files.write("expired", :old, expires_in: 0.001)
    files.write("fresh", :new, expires_in: 1.day)
    files.write("versioned", :second, version: 2)
    files(serializer: :marshal_7_1).write("from Marshal", [:user, 1r])
    write_vanished
  end

  # An object of a class that whoever reads it does not have.
  def self.write_vanished
    Object.const_set(:Vanished, Class.new(Box))
    files.write("vanished", Vanished.new(1))
  ensure
    Object.send(:remove_const, :Vanished)
  end

  def self.read
    { values: compare(VALUES) { |name, _| files.read(name) }, all_at_once: files.read_multi(*VALUES.keys).keys,
      entries: %w[expired fresh vanished].to_h { |name| [name, files.read(name)] },
      versioned: [1, 2].map { |version| files.read("versioned", version: version) },
      long: files.read("long") == LONG, compressed: file_of("long").bytesize < CACHE.dump(LONG).bytesize / 2,
      signed: file_of("fresh").include?(STRICT::Serializer::SIGNATURE), older: older }
  end

  # Before and after the application has changed its serializer.
  def self.older
    [files.read("from Marshal"), files(serializer: :marshal_7_1).read("fresh")]
  end

  def self.file_of(key)
    File.binread(files.send(:normalize_key, key, files.options))
  end

  def self.in_memory
    store = ActiveSupport::Cache::MemoryStore.new(serializer: :message_pack)
    store.write_multi(VALUES)
    counts = Array.new(2) { store.increment("count", 1 << 64) }
    { values: compare(VALUES) { |name, _| store.read(name) }, counts: counts,
      fetched: Array.new(2) { |n| store.fetch("fetched") { Set[n] }.to_a }, copied: copied?(store) }
  end

  def self.copied?(store)
    store.write("list", list = [+"a"])
    !store.read("list").first.equal?(list.first) && store.read("list") == list
  end
end

module Messages
  VALUES = numbered(TYPED, PLAIN).freeze
  PURPOSE = { purpose: :login }.freeze
  VERIFIER = ActiveSupport::MessageVerifier.new("v" * 64, serializer: :message_pack)
  ENCRYPTOR = ActiveSupport::MessageEncryptor.new("e" * 32, serializer: :message_pack)
  FILE = File.join(FOLDER, "messages")

  def self.write
    made = { signed: VERIFIER.method(:generate), encrypted: ENCRYPTOR.method(:encrypt_and_sign) }
    messages = made.transform_values do |make|
      { values: VALUES.transform_values { |value| make.call(value, **PURPOSE, expires_at: Time.utc(2100)) },
        expired: make.call(:old, **PURPOSE, expires_at: Time.utc(2000)) }
    end
    File.binwrite(FILE, Marshal.dump(messages))
    messages[:signed][:values]
  end

  def self.read
    messages = Marshal.load(File.binread(FILE)) # rubocop:disable Security/MarshalLoad
    { signed: VERIFIER.method(:verified), encrypted: method(:decrypted) }.to_h do |kind, open|
      tokens = messages.dig(kind, :values)
      token = tokens["Symbol 0"]
      refused = { expired: [messages.dig(kind, :expired), PURPOSE], tampered: [token.swapcase, PURPOSE],
                  other_purpose: [token, { purpose: :logout }], no_purpose: [token, {}] }
      [kind, { values: compare(VALUES) { |name, _| open.call(tokens[name], **PURPOSE) },
               refused: refused.transform_values { |text, options| open.call(text, **options) } }]
    end
  end

  def self.decrypted(text, **options)
    ENCRYPTOR.decrypt_and_verify(text, **options)
  rescue ActiveSupport::MessageEncryptor::InvalidMessage
    nil
  end

  # Messages made before the application changed its serializer.
  def self.older
    { json: :message_pack, marshal: :message_pack_allow_marshal }.to_h do |serializer, now|
      token = ActiveSupport::MessageVerifier.new("v" * 64, serializer: serializer).generate([1, "two"])
      [serializer, ActiveSupport::MessageVerifier.new("v" * 64, serializer: now).verified(token)]
    end
  end
end

# What must not work, and that all else works afterwards: a serializer keeps its packers and unpackers in a pool.
module Refusing
  OBJECT = [OBJECTS["Object"].last, TYPED.values_at("Symbol", "Rational", "Range", "Time", "Money")].freeze

  def self.run
    before = bytes
    { unknown: [STRICT, CACHE].map { |serializer| error_of { serializer.dump([1, { Class.new.new => 2 }]) } },
      object: error_of { STRICT.dump([Set[Box.new(1)]]) },
      object_read: error_of { STRICT.load(CACHE.dump(Box.new(1))) },
      signature: error_of { STRICT.load("\x01") }, left_over: error_of { STRICT.load("#{STRICT.dump(1)}\x01") },
      cut: cut, bytes_afterwards: bytes == before }
  end

  def self.bytes
    [STRICT.dump(TYPED), CACHE.dump(OBJECT)]
  end

  # @return [Hash] at how many bytes it could be cut, and at which of them no error came, or a wrong object after one
  def self.cut
    bytes = CACHE.dump(OBJECT)
    { total: bytes.bytesize, without_error: (0...bytes.bytesize).reject { |n| error_of { CACHE.load(bytes[0, n]) } },
      wrong_afterwards: (0...bytes.bytesize).reject { |n| whole_after?(bytes, n) } }
  end

  def self.whole_after?(bytes, cut)
    error_of { CACHE.load(bytes[0, cut]) }
    CACHE.load(bytes) == OBJECT
  end
end

# More threads than the pool has members.
module Threading
  def self.run
    values = numbered(TYPED.slice("Set", "Range", "Time", "Integer", "Money"), OBJECTS)
    expected = values.transform_values { |value| CACHE.dump(value) }
    results = Array.new(8) { Thread.new { Array.new(20) { round(values) == expected }.all? } }
    results.map(&:value)
  end

  def self.round(values)
    values.transform_values { |value| CACHE.dump(CACHE.load(CACHE.dump(value)).tap { Thread.pass }) }
  end
end

TASKS = {
  "serialize" => -> { Serializing.run },
  "write" => -> { { cache: Caching.write && nil, signed: Messages.write } },
  "read" => -> { { files: Caching.read, messages: Messages.read } },
  "use" => -> { { memory: Caching.in_memory, older: Messages.older, refused: Refusing.run, threads: Threading.run } }
}.freeze

FileUtils.mkdir_p(FOLDER)
Report.write(
  results: TASKS.fetch(TASK).call, ruby: RUBY_VERSION, rails: ActiveSupport.version.to_s,
  msgpack: Gem.loaded_specs.fetch("msgpack").full_name,
  installed: Gem::Specification.stubs_for("msgpack").map(&:full_name)
)
