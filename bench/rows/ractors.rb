# frozen_string_literal: true

require_relative "../data"
require_relative "../row"

module Bench
  module Rows
    # The same work in one, two and four Ractors at once, by the clock on the wall. One operation of a row is one in
    # each of its Ractors: where they hinder each other nowhere, all rows take the same time on as many processors.
    module Ractors
      COUNTS = [1, 2, 4].freeze
      # The same number in each Ractor: every thread gets memory of its own, which has to be had from the system first,
      # page by page. In 50 turns one packs in 310 us, in 1,000 in 160.
      PACKS = 1_000
      UNPACKS = 100
      PACK = ->(value, n) { MessagePack.pack(value) while (n -= 1) >= 0 }
      UNPACK = ->(bytes, n) { MessagePack.unpack(bytes) while (n -= 1) >= 0 }
      COPY = ->(walk, n) { walk.copy while (n -= 1) >= 0 }
      BUILD = ->(plan, n) { plan.build while (n -= 1) >= 0 }

      module_function

      def all
        COUNTS.flat_map { |count| [packing(count), unpacking(count)] }.sort_by(&:name)
      end

      def title(verb, count)
        "#{verb} in #{count} #{count == 1 ? "Ractor" : "Ractors"}"
      end

      def packing(count)
        Row.new(
          :ractors, title("pack", count), "the API response in each",
          clock: :wall,
          msgpack: -> { work(count, PACK, Data.api_response) { |value| MessagePack.pack(value) } },
          floor: -> { work(count, COPY, Floor::Walk.new(Ractor.make_shareable(Data.api_response))) }
        ).tap { |row| row.turns = PACKS }
      end

      def unpacking(count)
        Row.new(
          :ractors, title("unpack", count), "the API response in each",
          clock: :wall,
          msgpack: lambda do
            work(count, UNPACK, MessagePack.pack(Data.api_response)) { |bytes| MessagePack.unpack(bytes) }
          end,
          floor: -> { work(count, BUILD, Floor::Plan.new(Data.api_response)) }
        ).tap { |row| row.turns = UNPACKS }
      end

      # @return [Array(Proc, Object), nil] nil where the library does not work in another Ractor
      def work(count, loop, subject)
        Warning[:experimental] = false
        subject = Ractor.make_shareable(subject)
        loop = Ractor.make_shareable(loop)
        run = ->(n) { Array.new(count) { ractor(loop, subject, n) }.each(&:take) }
        run.call(1)
        [run, block_given? ? yield(subject) : nil]
      rescue Ractor::RemoteError => e
        # Old versions of the C gem do not declare themselves safe.
        raise unless [Ractor::UnsafeError, Ractor::IsolationError].include?(e.cause.class)
      end

      def ractor(loop, subject, count)
        Ractor.new(loop, subject, count) do |work, with, times|
          Thread.current.report_on_exception = false
          work.call(with, times)
        end
      end
    end
  end
end
