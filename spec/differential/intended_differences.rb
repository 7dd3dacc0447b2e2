# frozen_string_literal: true

require_relative "difference"

module Differential
  # Where this gem does something else than the C gem 1.4.2 or 1.7.2, and means to. This file is the whole list: any
  # difference that none of these entries takes for its own is a bug.
  module IntendedDifferences
    # Series of the C gem's releases that the list is about: those of Debian bookworm and trixie.
    SERIES = %w[1.4 1.7].freeze

    # `reason` is for a person, `claim` tells whether a {Difference} is of this kind; `only` is the one series in which
    # there is such a difference, or nil.
    Entry = Struct.new(:name, :reason, :only, :claim) do
      def claim?(difference) = claim.call(difference)
    end

    # The entries about one release.
    List = Struct.new(:all) do
      # @param difference [Difference]
      # @return [Entry, nil] the first that the difference belongs to
      def entry_for(difference) = all.find { |entry| entry.claim?(difference) }
    end

    # Errors with a class of their own here, by the class that the C gem raises in their place and that they inherit
    # from: whatever rescues the one rescues the other.
    NARROWER_ERRORS = { "MessagePack::UnderflowError" => "EOFError" }.freeze

    # A String of another encoding than the two that old and new format have a form for.
    FOREIGN = lambda do |text|
      ![Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY].include?(text.encoding) && !text.to_s.ascii_only?
    end
    # As the C gem reads them, and as this gem does: no Symbol in ASCII-8BIT, no frozen payload.
    SYMBOL_OF_BYTES = /(:"(?:[^"\\]|\\.)*")@ASCII-8BIT/
    PAYLOAD_IN_KEY = /(ext\(-?\d+,"(?:[^"\\]|\\.)*"@ASCII-8BIT)!\)/
    # An extended type as a map's key.
    KEY_OF_EXT = /ext\(-?\d+,"(?:[^"\\]|\\.)*"@ASCII-8BIT\)=>/

    class << self
      # @param version [String] of the C gem
      # @return [List, nil] nil if nobody has looked at its series yet
      def of(version)
        series = version[/\A\d+\.\d+/]
        List.new(@entries.select { |entry| [nil, series].include?(entry.only) }) if SERIES.include?(series)
      end

      # @param text [String] of one of our steps
      # @return [String] with an error's class as a program made for the C gem knows it
      def widened(text)
        return text unless text.start_with?("!")

        "!#{NARROWER_ERRORS.fetch(text[1..], text[1..])}"
      end

      private

      def intend(name, reason, only: nil, &claim)
        (@entries ||= []) << Entry.new(name, reason, only, claim)
      end
    end

    intend "a failed write leaves nothing behind",
           "A packer can go on being used after an error; half an object would garble all that follows." do |d|
      d.step == :written && d.earlier.any? { |step, text| step == :write && text.start_with?("!") }
    end

    intend "packing stops at 500 levels",
           "A cyclic structure gives NestingError, an ArgumentError, and not a full stack." do |d|
      d.packing? && d.we_raise?("MessagePack::NestingError") && d.depth > 500
    end

    intend "128 levels are read and more, up to 500",
           "What the same library packs it should read. The C gem gives up at 128 levels." do |d|
      d.reading? && d.they_raise?("MessagePack::StackError") && d.depth > 128
    end

    intend "an announced length reserves nothing",
           "Memory is taken for what has come, not for what a header claims. The C gem runs out of it." do |d|
      d.reading? && d.they_raise?("NoMemoryError")
    end

    intend "Symbols of bin keys are UTF-8",
           "str and bin keys of the same bytes become the same Symbol; bytes that are no UTF-8 can't become one." do |d|
      d.reading? && d.kase.reading.symbolize_keys &&
        ((d.we_raise?("EncodingError") && d.bin?) ||
          d.theirs.to_s.gsub(SYMBOL_OF_BYTES, "\\1").gsub(PAYLOAD_IN_KEY, "\\1)") == d.ours)
    end

    intend "a key is looked at when it is read",
           "One that can't become a Symbol is an error in any case. The C gem finds out at the value's end." do |d|
      d.reading? && d.kase.reading.symbolize_keys && d.we_raise?("EncodingError") &&
        d.theirs.to_s.match?(/\A(?:!|nil\z|\z)/)
    end

    intend "the payload of an extended type is never frozen",
           "One rule for all places. In the C gem it is frozen in a map's key, and only there.", only: "1.4" do |d|
      d.reading? && d.theirs.to_s.gsub(PAYLOAD_IN_KEY, "\\1)") == d.ours
    end

    intend "0xc1 is an error whoever meets it",
           "MalformedFormatError. The C gem's skip_nil and headers lose that byte, its own mark for none read." do |d|
      d.kase.reading.way == :walk && d.kase.is_a?(BytesCase) && d.kase.bytes.include?("\xC1".b) &&
        d.we_raise?("MessagePack::MalformedFormatError")
    end

    intend "an error ends the object that it is in",
           "The next read begins behind 0xc1, or behind the object with a refused type. The C gem goes on in it." do |d|
      errors = %w[MalformedFormatError UnknownExtTypeError].map { |name| [:read, "!MessagePack::#{name}"] }
      d.kase.reading.way == :read && d.earlier.intersect?(errors)
    end

    intend "a map may have more than 2**31 pairs",
           "The C gem counts keys and values in 32 bits: of 2**31 + 2 announced pairs it reads two." do |d|
      d.kase.is_a?(BytesCase) && d.kase.bytes.match?(/\xDF[\x80-\xFF]/n)
    end

    intend "skip asks for no extended type",
           "What is passed over need not be known. The C gem refuses an unknown type even then." do |d|
      d.step == :skip && d.kase.reading.unknown == :refuse && d.they_raise?("MessagePack::UnknownExtTypeError")
    end

    intend "write_bin takes the bytes",
           "The bytes of a String are the same whatever its encoding. The C gem converts them to ASCII-8BIT." do |d|
      d.step == :write_bin && d.kase.object.is_a?(String) && d.kase.object.encoding != Encoding::BINARY
    end

    intend "a negative length is no length",
           "RangeError. The C gem takes it for one of four billion and writes a header that nothing can follow." do |d|
      %i[write_array_header write_map_header write_bin_header].include?(d.step) &&
        d.we_raise?("RangeError") && d.kase.object.is_a?(Integer) && d.kase.object.negative?
    end

    intend "a length or a type number is an Integer",
           "TypeError for anything else. The C gem takes a Float, too, and drops what stands behind the point." do |d|
      d.call? && d.we_raise?("TypeError") && d.kase.object.is_a?(Float) &&
        %i[write_array_header write_map_header write_bin_header write_ext].include?(d.step)
    end

    intend "skip makes no Symbols",
           "What is passed over need not be text. The C gem makes Symbols of keys and values, if only to drop them.",
           only: "1.7" do |d|
      d.step == :skip && d.kase.reading.symbolize_keys && d.they_raise?("EncodingError")
    end

    intend "an extended type is one in a map's key, too",
           "symbolize_keys: is about Strings. The C gem makes a Symbol of the payload, or EncodingError.",
           only: "1.7" do |d|
      d.reading? && d.kase.reading.symbolize_keys && d.ext? &&
        (d.they_raise?("EncodingError") || d.we_raise?("MessagePack::UnknownExtTypeError") ||
          d.ours.to_s.scan(KEY_OF_EXT).size > d.theirs.to_s.scan(KEY_OF_EXT).size)
    end

    intend "a type number is an Integer for ExtType, too",
           "TypeError for anything else, as everywhere. The C gem takes nil or a String for a number out of range.",
           only: "1.7" do |d|
      d.packing? && d.we_raise?("TypeError") && d.they_raise?("RangeError") && d.ext?
    end

    intend "compatibility_mode transcodes as usual",
           "It changes the headers, not the text: a str is UTF-8. The C gem writes the bytes as they are." do |d|
      d.step == :compatible && d.texts.any?(&FOREIGN)
    end
  end
end
