# frozen_string_literal: true

require_relative "data"

module Bench
  # What is measured. A row gives, for each direction, a lambda that does the
  # operation n times; the loop is a bare `while`, so that its own cost, which
  # pulls every ratio towards 1, stays at some ten nanoseconds.
  #
  # `result` is computed once by both peers and must be equal: a peer that
  # does less work must not win.
  class Row
    attr_reader :name, :direction, :summary

    def initialize(name, direction, summary, &build)
      @name = name
      @direction = direction
      @summary = summary
      @build = build
    end

    def title
      "#{direction} #{name}"
    end

    # @return [Array(Proc, Object)] the loop and the result of one turn
    def prepare
      @build.call
    end
  end

  # Takes packed bytes and gives nothing back to do: what an unbuffered socket
  # costs is not the subject here.
  class Sink
    attr_reader :size

    def initialize
      @size = 0
    end

    def write(bytes)
      @size += bytes.bytesize
      bytes.bytesize
    end
  end

  # Point as extended type 1, by the API that both peers have.
  module PointType
    NUMBER = 1

    module_function

    def packer
      MessagePack::Packer.new.tap do |packer|
        packer.register_type(NUMBER, Data::Point) { |point| [point.x, point.y].pack("l>l>") }
      end
    end

    def unpacker
      MessagePack::Unpacker.new.tap do |unpacker|
        unpacker.register_type(NUMBER) { |payload| Data::Point.new(*payload.unpack("l>l>")) }
      end
    end
  end

  # The table of rows, in the order in which they are printed.
  module Rows
    ONE_SHOT = {
      small: ["a message of four fields", -> { Data.small_message }],
      log: ["one log record", -> { Data.log_record }],
      api: ["an API response, 400 KB, repeated keys", -> { Data.api_response }],
      ints: ["10,000 integers of all widths", -> { Data.ints }],
      floats: ["10,000 floats", -> { Data.floats }],
      strings: ["10,000 short strings", -> { Data.short_strings }],
      unicode: ["200 long strings of many scripts", -> { Data.long_strings }],
      wide: ["one map of 5,000 different keys", -> { Data.wide_map }],
      deep: ["100 containers in each other", -> { Data.deep_nesting }],
      binary: ["1 MB of bytes", -> { Data.binary }]
    }.freeze
    STREAM_RECORDS = 500
    PIECE_BYTES = 4096

    module_function

    def all
      ONE_SHOT.flat_map { |name, (summary, build)| one_shot(name, summary, build) } + symbols + points + stream
    end

    def one_shot(name, summary, build)
      [
        Row.new(name, :pack, summary) do
          value = build.call
          [->(n) { MessagePack.pack(value) while (n -= 1) >= 0 }, MessagePack.pack(value)]
        end,
        Row.new(name, :unpack, summary) do
          bytes = MessagePack.pack(build.call)
          [->(n) { MessagePack.unpack(bytes) while (n -= 1) >= 0 }, MessagePack.unpack(bytes)]
        end
      ]
    end

    def symbols
      summary = "1,000 rows with Symbol keys"
      [
        one_shot(:symbols, summary, -> { Data.symbol_rows }).first,
        Row.new(:symbols, :unpack, summary) do
          bytes = MessagePack.pack(Data.symbol_rows)
          [->(n) { MessagePack.unpack(bytes, symbolize_keys: true) while (n -= 1) >= 0 },
           MessagePack.unpack(bytes, symbolize_keys: true)]
        end
      ]
    end

    def points
      summary = "1,000 objects as an extended type"
      [
        row_of(:exttype, :pack, summary) do
          packer = PointType.packer
          value = Data.points
          -> { packer.write(value).to_s.tap { packer.clear } }
        end,
        row_of(:exttype, :unpack, summary) do
          bytes = PointType.packer.write(Data.points).to_s
          unpacker = PointType.unpacker
          -> { unpacker.feed(bytes).read }
        end
      ]
    end

    def stream
      [
        row_of(:stream, :pack, "500 log records through a Packer with an IO") do
          records = Data.log_records(STREAM_RECORDS)
          -> { stream_pack(records, Sink.new) }
        end,
        row_of(:stream, :unpack, "500 log records fed in pieces of 4 KiB") do
          bytes = Data.log_records(STREAM_RECORDS).map { |record| MessagePack.pack(record) }.join
          pieces = (0...bytes.bytesize).step(PIECE_BYTES).map { |from| bytes.byteslice(from, PIECE_BYTES) }
          -> { stream_unpack(pieces) }
        end
      ]
    end

    # For work of many microseconds, where one more call a turn does not matter.
    def row_of(name, direction, summary)
      Row.new(name, direction, summary) do
        once = yield
        [->(n) { once.call while (n -= 1) >= 0 }, once.call]
      end
    end

    def stream_pack(records, sink)
      packer = MessagePack::Packer.new(sink)
      records.each { |record| packer.write(record) }
      packer.flush
      sink.size
    end

    def stream_unpack(pieces)
      unpacker = MessagePack::Unpacker.new
      last = nil
      pieces.each { |piece| unpacker.feed_each(piece) { |record| last = record } }
      last
    end
  end
end
