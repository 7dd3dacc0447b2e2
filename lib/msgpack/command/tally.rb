# frozen_string_literal: true

require_relative "forms"

module MessagePack
  module Command
    # What `stats` counts. It holds the same few numbers, however long the input is.
    #
    # @api private
    class Tally
      BIGGEST = 5
      # One of the biggest values.
      Big = Struct.new(:amount, :offset, :name)
      # Objects of a range of sizes: each range goes to four times the one before.
      SizeRange = Struct.new(:from, :to, :objects)

      # @return [Integer]
      attr_reader :values, :objects, :deepest, :deepest_at, :smallest, :largest, :largest_at
      # @return [Array<Big>] the longest payloads, and the containers of most entries
      attr_reader :payloads, :containers
      # @return [Hash{Integer => Integer}] how many of each type number
      attr_reader :extensions

      def initialize
        @counts = Array.new(256, 0)
        @bytes = Array.new(256, 0)
        @values = @objects = @deepest = @largest = 0
        @payloads = []
        @containers = []
        @extensions = Hash.new(0)
        @sizes = Hash.new(0)
      end

      # @param walk [Walk] whose token has been read
      def add(walk)
        token = walk.headers
        begin_object(token.offset) if walk.role == :top
        @values += 1
        @counts[token.byte] += 1
        @bytes[token.byte] += token.source.offset - token.offset
        @extensions[token.type] += 1 if token.kind == :extension
        note_depth(walk.depth + (container?(token) ? 1 : 0), token.offset)
        note_size(token)
      end

      # The last object has ended.
      def finish(offset)
        return unless @begin

        size = offset - @begin
        @objects += 1
        @sizes[(size.bit_length - 1) / 2] += 1
        @smallest = size if @smallest.nil? || size < @smallest
        @largest, @largest_at = size, @begin if size > @largest # rubocop:disable Style/ParallelAssignment
        @begin = nil
      end

      # @return [Array<Array(String, Integer, Integer)>] name, count and bytes of each form in use, the most bytes first
      def forms
        rows = Hash.new { |hash, name| hash[name] = [0, 0] }
        FORMS.each_with_index do |form, byte|
          next if @counts[byte].zero?

          rows[form.name][0] += @counts[byte]
          rows[form.name][1] += @bytes[byte]
        end
        rows.map { |name, (count, bytes)| [name, count, bytes] }.sort_by { |name, _, bytes| [-bytes, name] }
      end

      # @return [Array<SizeRange>]
      def sizes
        @sizes.sort.map { |power, count| SizeRange.new(4**power, (4**(power + 1)) - 1, count) }
      end

      private

      def begin_object(offset)
        finish(offset)
        @begin = offset
      end

      def container?(token) = %i[array map].include?(token.kind)

      def note_depth(levels, offset)
        return unless levels > @deepest

        @deepest = levels
        @deepest_at = offset
      end

      def note_size(token)
        size = token.length or return

        list = container?(token) ? @containers : @payloads
        return if list.size == BIGGEST && size <= list.last.amount

        list.pop if list.size == BIGGEST
        at = list.index { |big| big.amount < size } || list.size
        list.insert(at, Big.new(size, token.offset, token.form.name))
      end
    end
  end
end
