# frozen_string_literal: true

require_relative "../../msgpack"

module MessagePack
  module Command
    # Timestamps as text and back, to the nanosecond, in years beyond 9999 and before 0, too.
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
          "#{::Time.at(timestamp.sec).utc.strftime("%Y-%m-%dT%H:%M:%S")}#{fraction}Z"
        rescue MalformedFormatError
          nil
        end

        # @param text [String]
        # @return [String, nil] the payload; nil if the text is no timestamp
        def payload(text)
          return unless (match = TEXT.match(text))

          *date, fraction = match.captures
          date.map!(&:to_i)
          time = ::Time.utc(*date)
          # Time.utc takes the 31st of a month of 30 days for the 1st of the next.
          return unless date.values_at(2, 3, 5) == [time.day, time.hour, time.sec]

          Timestamp.to_msgpack_ext(time.to_i, (fraction || "").ljust(9, "0").to_i)
        rescue ArgumentError, RangeError
          nil
        end
      end
    end
  end
end
