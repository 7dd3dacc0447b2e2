# frozen_string_literal: true

require_relative "rows/documents"
require_relative "rows/factories"
require_relative "rows/ractors"
require_relative "rows/streams"
require_relative "rows/types"
require_relative "rows/walks"

module Bench
  # The table of rows, in the order in which they are printed. Fixed: a row that is taken out or changed takes its
  # history with it, so say so in CHANGELOG.md.
  module Rows
    GROUPS = { pack: "Packing", unpack: "Unpacking", streaming: "Streaming", types: "Extended types, Factory, Pool",
               walk: "Reading without building", ractors: "Ractors" }.freeze

    module_function

    def all
      @all ||= [Documents, Streams, Types, Factories, Walks, Ractors].flat_map(&:all).freeze
    end

    # @param words [Array<String>] of which a title must have one; "pack" is a part of "unpack", so a word counts
    #   from the beginning of a word of the title only
    # @return [Array<Row>] all rows without words
    def named(words)
      return all if words.empty?

      all.select { |row| words.any? { |word| row.title.match?(/(?<!\w)#{Regexp.escape(word)}/i) } }
    end

    def titled(title)
      all.find { |row| row.title == title } or raise KeyError, "no row #{title.inspect}"
    end
  end
end
