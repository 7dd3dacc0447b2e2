# frozen_string_literal: true

require "stringio"
require_relative "../data"
require_relative "../row"

module Bench
  # Takes packed bytes and gives nothing back to do: what an unbuffered socket costs is not the subject here.
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

  module Rows
    # Input in pieces, output to an IO.
    module Streams
      RECORDS = Data.many(500)
      PIECES = { "4 KiB" => 4096, "100 B" => 100 }.freeze
      # One message that comes byte by byte: four times the bytes must take four times as long, and not sixteen.
      BYTEWISE_RECORDS = { "short" => Data.many(25), "four times longer" => Data.many(100) }.freeze

      module_function

      def all
        to_io + one_piece + pieces + one_message + bytewise + through + unpack_each
      end

      # The same records one after another, each a message.
      def log
        Data.log_records(RECORDS).map { |record| MessagePack.pack(record) }.join
      end

      def cut(bytes, size)
        (0...bytes.bytesize).step(size).map { |from| bytes.byteslice(from, size) }
      end

      def to_io
        [Row.new(:streaming, "log to an IO", "#{RECORDS} records through a Packer with an IO", msgpack: lambda do
          records = Data.log_records(RECORDS)
          Row.repeat do
            sink = Sink.new
            packer = MessagePack::Packer.new(sink)
            records.each { |record| packer.write(record) }
            packer.flush
            sink.size
          end
        end)]
      end

      def one_piece
        [Row.new(:streaming, "log in one piece", "#{RECORDS} records fed at once", msgpack: lambda do
          bytes = log
          Row.repeat { feed([bytes]) }
        end)]
      end

      def pieces
        PIECES.map do |name, size|
          Row.new(:streaming, "log in #{name}", "#{RECORDS} records in pieces of #{name}", msgpack: lambda do
            pieces = cut(log, size)
            Row.repeat { feed(pieces) }
          end)
        end
      end

      def feed(pieces)
        unpacker = MessagePack::Unpacker.new
        last = nil
        pieces.each { |piece| unpacker.feed_each(piece) { |record| last = record } }
        last
      end

      def one_message
        { "API response" => -> { Data.api_response }, "floats" => -> { Data.floats },
          "unicode" => -> { Data.long_strings } }.map do |name, build|
          Row.new(:streaming, "#{name} in 4 KiB", "one message in pieces of 4 KiB", msgpack: lambda do
            pieces = cut(MessagePack.pack(build.call), 4096)
            Row.repeat { feed(pieces) }
          end)
        end
      end

      def bytewise
        BYTEWISE_RECORDS.map do |name, count|
          Row.new(:streaming, "1 B pieces, #{name}", "one message of #{count} records, byte by byte", msgpack: lambda do
            pieces = cut(MessagePack.pack(Data.log_records(count)), 1)
            Row.repeat { feed(pieces) }
          end)
        end
      end

      # The C gem has to be fed.
      def unpack_each
        [Row.new(:streaming, "unpack_each", "#{RECORDS} records of a String (C gem: feed_each)",
                 ours: lambda do
                   bytes = log
                   Row.repeat do
                     last = nil
                     MessagePack.unpack_each(bytes) { |record| last = record }
                     last
                   end
                 end,
                 gem: -> { log.then { |bytes| Row.repeat { feed([bytes]) } } })]
      end

      def through
        [Row.new(:streaming, "IO to IO", "#{RECORDS} records read from an IO and written to another", msgpack: lambda do
          bytes = log
          Row.repeat do
            sink = Sink.new
            packer = MessagePack::Packer.new(sink)
            MessagePack::Unpacker.new(StringIO.new(bytes)).each { |record| packer.write(record) }
            packer.flush
            sink.size
          end
        end)]
      end
    end
  end
end
