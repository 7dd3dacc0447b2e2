# frozen_string_literal: true

require_relative "../forward"
MessagePackForward.to("msgpack")
