# frozen_string_literal: true

# One Factory for the types that people ask for most: Symbol, Time, Date, DateTime, BigDecimal, Set, Integers of any
# size, and the Struct classes of your program. Frozen, for all threads and Ractors. Copy this file, and add to it.
#
#   require_relative "everyday_types"
#   POOL = EverydayTypes.factory(32 => Point).pool(4)
#   POOL.load(POOL.dump([Date.today, Point.new(1, 2)]))
#
# Read next: file_cache.rb and ractor_workers.rb, which use it; docs/untrusted-input.md if bytes come from strangers.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require "msgpack/bigint"
require_relative "check_library"
require "bigdecimal"
require "date"
require "set"

module EverydayTypes
  # A number stays with its type as long as there are bytes with it: add new ones, never change one. -1 is the timestamp
  # that every MessagePack library knows: to the nanosecond, without a time zone.
  TYPES = {
    MessagePack::Timestamp::TYPE => [Time, { packer: MessagePack::Time::Packer,
                                             unpacker: MessagePack::Time::Unpacker }],
    0 => [Symbol, { packer: :to_msgpack_ext, unpacker: :from_msgpack_ext }],
    1 => [Date, { packer: ->(date, packer) { packer.write(date.jd) },
                  unpacker: ->(unpacker) { Date.jd(unpacker.read) }, recursive: true }],
    2 => [DateTime, { packer: ->(time) { time.iso8601(9) }, unpacker: ->(text) { DateTime.iso8601(text) } }],
    3 => [BigDecimal, { packer: ->(number) { number.to_s }, unpacker: ->(text) { BigDecimal(text) } }],
    4 => [Set, { packer: ->(set, packer) { packer.write(set.to_a) },
                 unpacker: ->(unpacker) { Set.new(unpacker.read) }, recursive: true }],
    5 => [Integer, { packer: ->(integer) { MessagePack::Bigint.to_msgpack_ext(integer) },
                     unpacker: ->(data) { MessagePack::Bigint.from_msgpack_ext(data) },
                     oversized_integer_extension: true }]
  }.freeze

  # @param structs [Hash{Integer => Class}] Struct classes, by numbers from 32 to 127. When a class later gets members
  #   at its end, they are nil in what was packed before.
  # @return [MessagePack::Factory] one that threads and Ractors can share
  def self.factory(structs = {})
    factory = MessagePack::Factory.new
    types = TYPES.merge(structs.transform_values { |struct| [struct, handlers_of(struct)] })
    types.each { |number, (type, handlers)| factory.register_type(number, type, **handlers) }
    Ractor.make_shareable(factory)
  end

  def self.handlers_of(struct)
    read = if struct.keyword_init?
             ->(unpacker) { struct.new(**struct.members.zip(unpacker.read).to_h) }
           else
             ->(unpacker) { struct.new(*unpacker.read) }
           end
    { packer: ->(object, packer) { packer.write(object.to_a) }, unpacker: read, recursive: true }
  end
  private_class_method :handlers_of
end
