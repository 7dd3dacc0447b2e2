# frozen_string_literal: true

require "stringio"
require_relative "program"
require_relative "source"
require_relative "wire"

module Fuzzing
  # Bytes, mostly damaged, read by calls of all kinds while they arrive in pieces. {ReferenceUnpacker} gets the same
  # calls and has to give the same values and errors at the same places.
  class Reading < Program
    CALLS = Differential::Dice.weighted(read: 14, each: 4, skip: 4, skip_nil: 2, read_array_header: 3,
                                        read_map_header: 3, full_unpack: 2, broken_each: 2)
    KINDS = Differential::Dice.weighted(unregistered: 2, bare: 3, bare_refusing: 1, bare_allowing: 1, factory: 3,
                                        factory_keeping: 4, factory_allowing: 2)
    ODDS = { symbolize_keys: [1, 4], freeze: [1, 4], strict_map_key: [1, 6], validate_utf8: [1, 6] }.freeze
    LIMITS = { max_depth: 1..6, max_str_len: 0..30, max_bin_len: 0..20, max_array_len: 0..6, max_map_len: 0..6,
               max_ext_len: 0..24 }.freeze
    MOST_CALLS = 400

    def initialize(dice)
      super
      @bytes = Wire.stream(dice, mutated: dice.chance?(4, 5))
      @table = Types::Table.new(dice.pick(KINDS))
      @options = options
      @io = dice.pick([nil, nil, Socket, Reader])
      @most = @io.nil? && dice.chance?(1, 8) ? dice.number(1..@bytes.bytesize + 1) : nil
      @events = Script.events(dice, @bytes, pauses: @io)
    end

    private

    def options
      chosen = ODDS.select { |_, odds| dice.chance?(*odds) }.transform_values { true }
      chosen[:key_cache] = false if dice.chance?(1, 4)
      LIMITS.each { |name, range| chosen[name] = dice.number(range) if dice.chance?(1, 14) }
      chosen
    end

    def go
      step "#{@bytes.unpack1("H*")} #{@table.kind} #{@options} #{@io || "fed"}"
      step @events.map { |event| event.is_a?(String) ? event.bytesize : event }.inspect
      in_one_call
      in_many_calls
    end

    def in_one_call
      expected = outcome { ReferenceUnpacker.new(@table, @options, bytes: @bytes).full_unpack }
      source = dice.chance?(1, 4) ? StringIO.new(@bytes) : @bytes
      check("in one call", outcome { @table.load(source, @options) }, expected)
      return unless @most && @bytes.bytesize > @most

      check("too long", outcome { @table.load(@bytes, limited) }[/\S+/], "!MessagePack::LimitError")
    end

    # With a limit of the bytes held.
    def limited = @most ? @options.merge(max_buffer_size: @most) : @options

    def in_many_calls
      @source = @io&.new(@events)
      @unpacker = @table.unpacker(@source, limited)
      @reference = ReferenceUnpacker.new(@table, @options)
      @rest = @events.dup
      MOST_CALLS.times do
        dry = call(dice.pick(CALLS))
        positions
        disturb if dice.chance?(1, 60)
        next unless dry
        break if @rest.empty? || !(@io || feed)
      end
    end

    # What must change nothing.
    def disturb
      case dice.number(8)
      when 0 then GC.compact
      when 1..3 then GC.start(full_mark: dice.chance?(1, 2))
      else @table.load("\x81\xa5value\x93\x01\x02\xc0".b, {})
      end
    end

    # @return [Boolean] whether there was room for it
    def feed
      piece = @rest.shift
      step "feed #{piece.bytesize}"
      return refused(piece) if @most && @unpacker.buffer.size + piece.bytesize > @most

      case dice.number(@most ? 1 : 3)
      when 0 then @unpacker.feed(piece)
      when 1 then fed_and_changed(piece)
      else @unpacker.buffer << piece
      end
      @reference.feed(piece)
    end

    # Nothing of it is taken.
    def refused(piece)
      before = [@unpacker.tell, @unpacker.buffer.size]
      found = outcome { @unpacker.feed(piece) }
      claim("feed beyond #{@most}: #{found}", found.start_with?("!MessagePack::LimitError"))
      check("after a refused feed", [@unpacker.tell, @unpacker.buffer.size], before)
    end

    # What becomes of the String afterwards is none of the Unpacker's business.
    def fed_and_changed(piece)
      copy = piece.dup
      @unpacker.feed_reference(copy)
      copy.replace("\xc1" * copy.bytesize)
    end

    def call(name)
      case name
      when :each then each(nil)
      when :broken_each then each(dice.number(1..3))
      else one(name)
      end
    end

    # @return [Boolean] whether there was not enough input
    def one(name)
      expected, dry = expected(name)
      step "#{name}: #{expected[0, 60]} #{@reference.tell} #{@reference.state}"
      found = outcome { @unpacker.public_send(name) }
      found, expected = without_offset(found, expected) if @reference.state == :rest
      check(name, found, expected)
      dry
    end

    # What is passed over after an error is passed over as it comes: how far, depends on the pieces.
    def without_offset(*texts)
      texts.map { |text| text.sub(/\A(!MessagePack::UnderflowError) \d+\z/, "\\1") }
    end

    # @return [Array(String, Boolean)] what it has to do, and whether for want of input
    def expected(name)
      loop do
        dry = false
        text = outcome do
          @reference.public_send(name)
        rescue ReferenceUnpacker::Starved => e
          dry = e.owner.equal?(@reference)
          raise
        end
        return [text, dry] unless dry && @io && (event = @rest.shift)
        return ["!IOError nil", dry] if event == :error
        return [text, dry] unless event.is_a?(String)

        @reference.feed(event)
      end
    end

    def each(most)
      values, last, dry = expected_each(most)
      step "each, at most #{most.inspect}: #{values.size} #{last} #{@reference.tell} #{@reference.state}"
      found = []
      result = outcome do
        @unpacker.each do |value|
          found << Text.of(value)
          break :broken if found.size == most
        end
      end
      check("each", [found, result], [values, last])
      dry
    end

    def expected_each(most)
      values = []
      loop do
        text, dry = expected(:read)
        # An IOError is the io's own, and the end of it is the end of each.
        return [values, text == "!IOError nil" ? text : "nil", dry] if dry
        return [values, text, false] if text.start_with?("!") || text == "thrown"

        values << text
        return [values, Text.of(:broken), false] if values.size == most
      end
    end

    def positions
      told = @unpacker.tell
      inspection(told)
      if @reference.state
        claim("tell #{told} of #{@bytes.bytesize}", told.between?(@reference.tell, @bytes.bytesize))
      else
        check("tell", told, @reference.tell)
        check("bytes held", @unpacker.buffer.size, @reference.size)
      end
    end

    def inspection(told)
      after = { read: ", waiting", skip: ", passing", rest: "(, passing)?" }[@reference.state] || "(, from|, \\d|>)"
      claim("inspect: #{@unpacker.inspect}", @unpacker.inspect.match?(/ at byte #{told}, \d+ bytes? unread#{after}/))
    end
  end
end
