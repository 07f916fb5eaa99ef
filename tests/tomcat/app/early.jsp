<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%-- Answers without a look at the body. --%><% out.print("early"); %>
