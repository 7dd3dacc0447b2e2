# frozen_string_literal: true

require_relative "../../msgpack"

module MessagePack
  module Command
    # Timestamps as text and back, to the nanosecond and over the whole range of the format (years beyond 9999 included).
    #
    # @api private
    module Instant
      TEXT = /\A(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z\z/

      class << self
        # @param payload [String] of the extended type -1
        # @return [String, nil] such as 2024-05-06T07:08:09.5Z; nil if it is no timestamp
        def text(payload)
          timestamp = Timestamp.from_msgpack_ext(payload)
          fraction = timestamp.nsec.zero? ? "" : format(".%09d", timestamp.nsec).sub(/0+\z/, "")
          "#{Time.at(timestamp.sec).utc.strftime("%Y-%m-%dT%H:%M:%S")}#{fraction}Z"
        rescue MalformedFormatError
          nil
        end

        # @param text [String]
        # @return [String, nil] the payload; nil if the text is no timestamp
        def payload(text)
          return unless (match = TEXT.match(text))

          *date, fraction = match.captures
          nsec = (fraction || "").ljust(9, "0").to_i
          Timestamp.to_msgpack_ext(Time.utc(*date.map(&:to_i)).to_i, nsec)
        rescue ArgumentError, RangeError
          nil
        end
      end
    end
  end
end
